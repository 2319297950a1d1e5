// SPDX-License-Identifier: Apache-2.0
import { realPlace } from '../../ramdisk/base-contents.ts';
import { describeMissingFirmware, findFirmware } from '../../ramdisk/firmware.ts';
import { readModuleIndex } from '../../ramdisk/module-index.ts';
import type { RamdiskEntry } from '../../ramdisk/ramdisk-entry.ts';
import type { WantedModules } from '../../ramdisk/select-modules.ts';
import { addsModules, moduleWords, selectModules } from '../../ramdisk/select-modules.ts';
import type { WorkerContext } from '../context.ts';
import { firmwareNamedBy } from './kernel-modules.ts';
import { ramdiskInputs } from './ramdisk-inputs.ts';
import type { RamdiskTree } from './ramdisk-tree.ts';
import { orRefuse, refusal } from './ramdisk-tree.ts';

type Gathered = {
  readonly modules: readonly RamdiskEntry[];
  readonly firmware: readonly RamdiskEntry[];
};

/** The kernel modules that elements ask for, all when none says any, and the firmware that these ask for. */
export async function gatherModules(context: WorkerContext, tree: RamdiskTree): Promise<Gathered> {
  const { reader, kernel, root, source } = tree;
  const { modules: directory, version } = kernel;
  if (directory === null) {
    context.report({ kind: 'note', text: `kernel ${version} has no modules` });
    return { modules: [], firmware: [] };
  }
  const index = orRefuse(readModuleIndex(reader, directory));
  const { files, problems } = selectModules(index, await wantedModules(context));
  if (problems.length > 0) throw refusal(problems);
  const wanted = await firmwareNamedBy(context, { root, reader, directory, files });
  const { moduleRoot } = source;
  const { entries, missing } = findFirmware(reader, { wanted, kernelVersion: version, moduleRoot });
  if (missing.length > 0) context.report({ kind: 'note', text: describeMissingFirmware(missing) });
  return {
    modules: moduleEntries(tree, directory, [...files, ...lists]),
    firmware: entries.map((entry) => ({ ...entry, path: withoutRoot(entry.path, moduleRoot) })),
  };
}

async function wantedModules(context: WorkerContext): Promise<readonly WantedModules[]> {
  const lists = await ramdiskInputs(context, 'modules');
  const words = lists.flatMap(({ element, path, text }) =>
    moduleWords(text).map((word) => ({ word, wantedBy: element ?? path })),
  );
  const own = moduleWords(context.plan.environment['DIB_RAMDISK_MODULES'] ?? '');
  const all = [...words, ...own.map((word) => ({ word, wantedBy: 'DIB_RAMDISK_MODULES' }))];
  return addsModules(all.map(({ word }) => word)) ? all : [{ word: 'all', wantedBy: 'default' }, ...all];
}

/** What depmod makes its index from besides the modules. */
const lists = ['modules.order', 'modules.builtin', 'modules.builtin.modinfo'];

/** Where the kernel looks for them, wherever they are in the tree. */
function moduleEntries(
  { reader, kernel }: RamdiskTree,
  directory: string,
  files: readonly string[],
): readonly RamdiskEntry[] {
  const place = realPlace(reader, `/lib/modules/${kernel.version}`);
  return files.flatMap((file) => {
    const found = reader.find(`${directory}/${file}`);
    return found === null ? [] : [{ kind: 'copy', path: `${place}/${file}`, from: found.path } as const];
  });
}

const withoutRoot = (path: string, root: string): string =>
  root !== '' && path.startsWith(`${root}/`) ? path.slice(root.length) : path;
