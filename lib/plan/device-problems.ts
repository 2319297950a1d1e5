// SPDX-License-Identifier: Apache-2.0
import type { LoadedElement } from '../elements/read-element.ts';
import type { Hook } from '../model/element.ts';
import type { Problem } from '../model/problem.ts';

/** Phases in which a hook could once find the image attached as a block device. */
const phasesWithDevice: readonly string[] = ['pre-finalise.d', 'finalise.d', 'cleanup.d'];

/** Hooks that need the image as a block device while it is built. No such device exists: disks are made from files. */
export function deviceProblems(
  hooks: readonly Hook[],
  elements: readonly LoadedElement[],
): readonly Problem[] {
  const texts = new Map(elements.map(({ element, texts: own }) => [element.name, own]));
  return hooks.flatMap(({ phase, element, script }) => {
    const path = `${phase}/${script}`;
    if (phase === 'block-device.d') return [deviceProblem(element, path, 'makes a block device of its own')];
    const text = texts.get(element)?.get(path) ?? '';
    if (!phasesWithDevice.includes(phase) || !usesDevice(text)) return [];
    return [deviceProblem(element, path, 'uses IMAGE_BLOCK_DEVICE')];
  });
}

/** Whether a script cannot do without the variable; `${IMAGE_BLOCK_DEVICE:-}` can. */
const usesDevice = (text: string): boolean =>
  text.split('\n').some((line) => /\$\{?IMAGE_BLOCK_DEVICES?\b(?!:?[-+])/.test(line) && !/^\s*#/.test(line));

const deviceProblem = (element: string, path: string, what: string): Problem => ({
  message: `element \`${element}\` ${what} in ${path}, which is not supported: disks are made without devices`,
  hints: [`leave \`${element}\` out, or replace the hook with one that works on the tree alone`],
});
