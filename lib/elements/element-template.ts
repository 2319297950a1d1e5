// SPDX-License-Identifier: Apache-2.0
import type { ElementName } from '../model/brands.ts';
import type { PhaseName } from '../model/phases.ts';
import { phaseNamed, phaseNames, phasesOfTree } from '../model/phases.ts';

/** A file of an element that is about to be made. */
export type TemplateFile = {
  /** Relative to the element's directory. */
  readonly path: string;
  readonly text: string;
  readonly isExecutable: boolean;
};

export const templatePhases: readonly PhaseName[] = phasesOfTree.map(({ name }) => name);

/**
 * The files of a new element: each hook adds its phase to a file in the image, and the test looks whether all did.
 * That is little, but it builds, passes its test and is clean for dib-lint, so that every change to it can be tried.
 */
export function elementTemplate(name: ElementName, wanted: readonly PhaseName[]): readonly TemplateFile[] {
  const inOrder = phaseNames.filter((phase) => wanted.includes(phase));
  const test = `test-elements/${testName(name)}`;
  return [
    file('README.md', readme(name, inOrder)),
    file('element-deps', ''),
    ...inOrder.map((phase) => hook(`${phase}/50-${name}`, hookBody(name, phase))),
    file(
      `${test}/README.md`,
      `# ${testName(name)}\n\nLooks into the tree for what the element ${name} has done.\n`,
    ),
    file(`${test}/element-deps`, `${name}\n`),
    hook(`${test}/cleanup.d/95-check-${name}`, checkBody(name, inOrder)),
  ];
}

export const testName = (name: string): string => `${name}-test`;

const file = (path: string, text: string): TemplateFile => ({ path, text, isExecutable: false });

const hook = (path: string, body: string): TemplateFile => ({
  path,
  text: `${hookHead}\n${body}`,
  isExecutable: true,
});

const hookHead = `#!/bin/bash
set -eu -o pipefail
if [ "\${DIB_DEBUG_TRACE:-0}" -gt 0 ]; then set -x; fi
`;

function readme(name: string, wanted: readonly PhaseName[]): string {
  const rows = wanted.map((phase) => `| \`${phase}\` | adds a line to \`/etc/${name}\` |\n`).join('');
  return `# ${name}

Say here what an image has with this element that it has not without, and for whom.

| phase | what happens |
|---|---|
${rows}
Variables: none so far. List each with its default and an example.

    disk-image-create -o image.qcow2 vm debian-minimal ${name}

Tested with \`diskimage-builder element test ${name}\`.
`;
}

/** `sudo` does nothing when the build is root already, and lets the hook run where it is not. */
function hookBody(name: string, phase: PhaseName): string {
  const line = `echo "${phase}"`;
  if (phaseNamed(phase).runsIn !== 'host') return `${line} >>/etc/${name}\n`;
  const tree = treeVariable(phase);
  return `sudo mkdir -p "$${tree}/etc"\n${line} | sudo tee -a "$${tree}/etc/${name}" >/dev/null\n`;
}

/** TARGET_ROOT is told to the first and the last phase only. */
const treeVariable = (phase: PhaseName): string =>
  phase === 'root.d' || phase === 'cleanup.d' ? 'TARGET_ROOT' : 'TMP_MOUNT_PATH';

/** What runs at the first boot cannot have run yet, but must be there. */
function checkBody(name: string, wanted: readonly PhaseName[]): string {
  const isLater = (phase: PhaseName): boolean => phaseNamed(phase).runsIn === 'guest';
  const built = wanted.filter((phase) => !isLater(phase));
  return [
    ...(built.length > 0 ? [checkOfLines(name, built)] : []),
    ...wanted.filter(isLater).map((phase) => checkOfCopy(name, phase)),
  ].join('\n');
}

const checkOfLines = (name: string, wanted: readonly PhaseName[]): string => `expected="${wanted.join(' ')}"
found=$(tr '\\n' ' ' <"$TARGET_ROOT/etc/${name}")
if [ "\${found% }" != "$expected" ]; then
    echo "/etc/${name} names the phases \${found% }, not $expected" >&2
    exit 1
fi
`;

const checkOfCopy = (name: string, phase: PhaseName): string => `copy=/etc/${phase}/50-${name}
if [ ! -x "$TARGET_ROOT$copy" ]; then
    echo "$copy is not there, so it cannot run" >&2
    exit 1
fi
`;
