// SPDX-License-Identifier: Apache-2.0
import type { LoadedElement } from '../elements/read-element.ts';
import type { Hook } from '../model/element.ts';

/** Phases in which a hook finds the image attached as a block device: dib-contract §2.1, rows 8 to 10. */
const phasesWithDevice: readonly string[] = ['pre-finalise.d', 'finalise.d', 'cleanup.d'];

/** Why the image must be a block device while it is built: the first hook that cannot do without; null when none is. */
export function deviceUse(hooks: readonly Hook[], elements: readonly LoadedElement[]): string | null {
  const texts = new Map(elements.map(({ element, texts: own }) => [element.name, own]));
  for (const { phase, element, script } of hooks) {
    const path = `${phase}/${script}`;
    if (phase === 'block-device.d') return `element \`${element}\` prepares the device itself in ${path}`;
    const name = phasesWithDevice.includes(phase) ? deviceIn(texts.get(element)?.get(path) ?? '') : null;
    if (name !== null) return `element \`${element}\` uses ${name} in ${path}`;
  }
  return null;
}

/** What of the device a script cannot do without; `${IMAGE_BLOCK_DEVICE:-}` it can. */
function deviceIn(text: string): string | null {
  const lines = text.split('\n').filter((line) => !/^\s*#/.test(line));
  for (const line of lines) {
    const variable = /\$\{?(IMAGE_BLOCK_DEVICE(?:S|_WITHOUT_PART)?)\b(?!:?[-+])/.exec(line)?.[1];
    if (variable !== undefined) return variable;
    const symbol = /\bgetval\s+(image-block-devices?|image-path)\b/.exec(line)?.[1];
    if (symbol !== undefined) return `\`dib-block-device getval ${symbol}\``;
  }
  return null;
}
