// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { checkInitFragments } from '../../host/check-init-fragments.ts';
import type { InitShell } from '../../model/init-fragment.ts';
import { composeInit } from '../../ramdisk/compose-init.ts';
import { initFragments } from '../../ramdisk/init-fragments.ts';
import type { RamdiskEntry } from '../../ramdisk/ramdisk-entry.ts';
import type { WorkerContext } from '../context.ts';
import { ramdiskInputs } from './ramdisk-inputs.ts';
import { refusal } from './ramdisk-tree.ts';

export type WrittenFiles = {
  readonly entries: readonly RamdiskEntry[];
  /** What runs /init. */
  readonly shell: InitShell;
};

/** /init, and the shell files that go with it. Fragments that hooks wrote have been read by no shell yet. */
export async function writtenFiles(context: WorkerContext): Promise<WrittenFiles> {
  const scripts = join(context.plan.execution.shellLibrary, 'scripts');
  const inputs = await ramdiskInputs(context, 'init');
  const fragments = initFragments(inputs.map((input) => ({ ...input, element: input.element ?? 'a hook' })));
  const { shell, problems } = await checkInitFragments(context.host, fragments, ({ path }) => path);
  if (problems.length > 0) throw refusal(problems);
  const [prologue, epilogue] = await Promise.all(
    ['init', 'init-end'].map((name) => readFile(join(scripts, name), 'utf8')),
  );
  const text = composeInit({ prologue: prologue ?? '', epilogue: epilogue ?? '', fragments, shell });
  return {
    shell,
    entries: [{ kind: 'text', path: '/init', mode: 0o755, text }, ...(await filesBelow(scripts))],
  };
}

async function filesBelow(scripts: string): Promise<readonly RamdiskEntry[]> {
  const directory = join(scripts, 'd');
  const names = await readdir(directory, { recursive: true });
  const entries: RamdiskEntry[] = [];
  for (const name of names.sort()) {
    const status = await stat(join(directory, name));
    if (!status.isFile()) continue;
    const mode = (status.mode & 0o111) === 0 ? 0o644 : 0o755;
    entries.push({
      kind: 'text',
      path: `/${name}`,
      mode,
      text: await readFile(join(directory, name), 'utf8'),
    });
  }
  return entries;
}
