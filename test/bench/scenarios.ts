// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** The builds of a round, each on the store that the one before has left; a round begins with none. */
export const scenarios = [
  { name: 'cold', means: 'empty cache: nothing downloaded, no layers', changesLastHook: false },
  { name: 'unchanged', means: 'the same again', changesLastHook: false },
  { name: 'last hook changed', means: '`install.d/99-x` has another line', changesLastHook: true },
] as const;

export type ScenarioName = (typeof scenarios)[number]['name'];

/** Where a bench works; all of it is removed at the end. */
export type Workbench = {
  readonly program: string;
  readonly elements: string;
  readonly cache: string;
  readonly outputs: string;
};

/** What is built, in words of the command line. */
export const buildWords = ['vm', 'debian-minimal', 'bench-last-hook'] as const;

export function prepareWorkbench(root: string, place: string): Workbench {
  const workbench = {
    program: join(root, 'bin/disk-image-create'),
    elements: join(place, 'elements'),
    cache: join(place, 'cache'),
    outputs: join(place, 'out'),
  };
  cpSync(join(root, 'test/bench/elements'), workbench.elements, { recursive: true });
  mkdirSync(workbench.outputs);
  return workbench;
}

export const commandLine = ({ program, cache, outputs }: Workbench): readonly string[] => [
  program,
  ...['--progress=json', `--image-cache=${cache}`, '-o', join(outputs, 'bench.qcow2'), ...buildWords],
];

export function changeLastHook({ elements }: Workbench, round: number): void {
  const hook = join(elements, 'bench-last-hook/install.d/99-x');
  writeFileSync(hook, `#!/bin/bash\nset -eu\necho ${round} >/etc/bench-last-hook\n`);
}
