// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';
import { appletLinks, appletsIn, nameOf } from '../../ramdisk/applets.ts';
import { describeMissingPrograms } from '../../ramdisk/describe-missing-programs.ts';
import { collectPrograms, programWords } from '../../ramdisk/find-programs.ts';
import type { WantedPrograms } from '../../ramdisk/find-programs.ts';
import { treePath } from '../../ramdisk/program-path.ts';
import type { RamdiskEntry } from '../../ramdisk/ramdisk-entry.ts';
import type { WorkerContext } from '../context.ts';
import type { Growth } from '../tree/growth.ts';
import { packagesWithPrograms } from './packages-with-programs.ts';
import { ramdiskInputs } from './ramdisk-inputs.ts';
import type { RamdiskTree } from './ramdisk-tree.ts';
import { refusal } from './ramdisk-tree.ts';

/**
 * The programs that elements ask for, with all they need, and busybox for what it has.
 * @param shell What runs /init.
 * @throws BuildFailure that names all that are missing.
 */
export async function gatherPrograms(
  growth: Growth,
  tree: RamdiskTree,
  shell: string,
): Promise<readonly RamdiskEntry[]> {
  const { context } = growth;
  const { reader, source } = tree;
  const busybox = source.busybox ?? 'busybox';
  const applets = await appletsOf(context, tree, busybox);
  const names = new Set(applets.map(nameOf));
  const words = [...(await wantedPrograms(context)), ...ownPrograms(busybox, shell)];
  const found = collectPrograms(reader, {
    words,
    path: pathOf(context, tree),
    isApplet: (name) => names.has(name),
  });
  if (found.missing.length > 0) {
    const packages = await packagesWithPrograms(
      growth,
      tree,
      found.missing.map(({ name }) => name),
    );
    throw refusal([describeMissingPrograms(found.missing, packages), ...found.problems]);
  }
  if (found.problems.length > 0) throw refusal(found.problems);
  for (const note of found.notes) context.report({ kind: 'note', text: note });
  const taken = new Set(found.entries.map(({ path }) => basename(path)));
  const place = found.entries.find(({ kind, path }) => kind === 'copy' && nameOf(path) === nameOf(busybox));
  return [
    ...found.entries,
    ...(place === undefined ? [] : appletLinks(reader, place.path, { applets, taken })),
  ];
}

type Words = WantedPrograms['words'];

async function wantedPrograms(context: WorkerContext): Promise<Words> {
  const lists = await ramdiskInputs(context, 'binary-deps');
  return lists.flatMap(({ element, path, text }) =>
    programWords(text).map((name) => ({ name, wantedBy: element ?? path })),
  );
}

/** Without a shell nothing starts. */
const ownPrograms = (busybox: string, shell: string): Words =>
  [busybox, shell].map((name) => ({ name, wantedBy: '/init' }));

/** In a tree that of the system, on this machine that of the user before it. */
function pathOf({ plan }: WorkerContext, { source }: RamdiskTree): readonly string[] {
  const own = source.isHost ? (plan.environment['PATH'] ?? '').split(':') : [];
  return [...new Set([...own.filter((path) => path.startsWith('/')), ...treePath])];
}

/** Where this busybox would put its links; none when it is not there. */
async function appletsOf(
  { host }: WorkerContext,
  { root, reader }: RamdiskTree,
  busybox: string,
): Promise<readonly string[]> {
  const places = busybox.includes('/')
    ? [busybox]
    : ['/usr/bin/busybox', '/bin/busybox', '/usr/sbin/busybox'];
  const place = places.find((path) => reader.find(path)?.kind === 'file');
  if (place === undefined) return [];
  const { stdout } = await host.run({ argv: ['chroot', root, place, '--list-full'] });
  return appletsIn(stdout);
}
