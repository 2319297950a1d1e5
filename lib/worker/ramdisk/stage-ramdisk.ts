// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../../model/brands.ts';
import { baseContents, realPlace } from '../../ramdisk/base-contents.ts';
import type { RamdiskEntry } from '../../ramdisk/ramdisk-entry.ts';
import type { WorkerContext } from '../context.ts';
import type { Growth } from '../tree/growth.ts';
import { gatherModules } from './gather-modules.ts';
import { gatherPrograms } from './gather-programs.ts';
import { filesOfDirectory, ramdiskInputs } from './ramdisk-inputs.ts';
import type { RamdiskPart } from './ramdisk-parts.ts';
import type { RamdiskTree } from './ramdisk-tree.ts';
import { stageEntries } from './stage-entries.ts';
import { writtenFiles } from './written-files.ts';

/** Puts all but what hooks add into an empty directory. @returns the parts it has, with their sizes. */
export async function stageRamdisk(
  growth: Growth,
  tree: RamdiskTree,
  directory: HostPath,
): Promise<readonly RamdiskPart[]> {
  const { context } = growth;
  const { reader, source, root } = tree;
  const written = await writtenFiles(context);
  const programs = await gatherPrograms(growth, tree, written.shell);
  const { modules, firmware } = await gatherModules(context, tree);
  // Later ones replace earlier ones: elements have the last word.
  const parts: readonly (readonly [string, readonly RamdiskEntry[]])[] = [
    ['what every RAM disk has', baseContents(reader, source.udevRoot)],
    ['kernel modules', modules],
    ['firmware', firmware],
    ['programs and libraries', programs],
    ['/init and rules', [...written.entries, ...(await ownRules(context, tree))]],
  ];
  const staged: RamdiskPart[] = [];
  for (const [title, entries] of parts) {
    const files = entries.filter(({ kind }) => kind === 'copy' || kind === 'text').length;
    staged.push({ title, files, bytes: await stageEntries({ tree: root, reader, directory }, entries) });
  }
  return staged;
}

/** Rules of elements, in today's form and in that of the first generation. */
async function ownRules(
  context: WorkerContext,
  { reader, source }: RamdiskTree,
): Promise<readonly RamdiskEntry[]> {
  const files = [...(await ramdiskInputs(context, 'udev')), ...(await filesOfDirectory(context, 'udev'))];
  const directory = realPlace(reader, `${source.udevRoot}/lib/udev/rules.d`);
  return files.map(({ path, text }) => ({
    kind: 'text',
    path: `${directory}/${path.slice(path.lastIndexOf('/') + 1)}`,
    mode: 0o644,
    text,
  }));
}
