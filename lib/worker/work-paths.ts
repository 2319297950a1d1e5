// SPDX-License-Identifier: Apache-2.0
import { mkdir, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { WorkerOrder } from '../host/launch-worker.ts';
import type { HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { Store } from '../model/store-paths.ts';
import { recordElsewhere } from '../store/abandoned-work.ts';
import type { WorkPaths } from './context.ts';
import type { Scope } from './scope.ts';

/** Makes the directories of a build; they go with the scope. */
export async function makeWorkPaths(
  { plan, buildName }: WorkerOrder,
  store: Store,
  scope: Scope,
): Promise<WorkPaths> {
  const work = join(store.work, buildName);
  await mkdir(work, { mode: 0o755 });
  scope.defer(`the directory ${work}`, async () => {
    await rm(work, { recursive: true, force: true });
    await rm(`${work}.lock`, { force: true });
  });
  const build = join(work, `dib_build.${uniqueOf(hostPath(work))}`);
  const paths = { work, build, hooks: join(build, 'hooks'), tree: join(build, 'mnt') };
  for (const path of [paths.hooks, paths.tree]) await mkdir(path, { recursive: true });
  const image = imageDirectory(plan.execution.temporaryDirectory, hostPath(work));
  await recordElsewhere(hostPath(work), image);
  await mkdir(image);
  scope.defer(`the directory ${image}`, () => rm(image, { recursive: true, force: true }));
  return {
    work: hostPath(work),
    build: hostPath(build),
    hooks: hostPath(paths.hooks),
    tree: hostPath(paths.tree),
    image,
  };
}

/** Called like those that mktemp makes of `dib_image.XXXXXX`, when the user says where; named after the build. */
function imageDirectory(temporary: HostPath | null, work: HostPath): HostPath {
  return hostPath(temporary === null ? join(work, 'image') : join(temporary, `dib_image.${uniqueOf(work)}`));
}

/** Scripts name files of their own after what follows the last dot of TMP_BUILD_DIR, as mktemp makes it: it is a word. */
const uniqueOf = (work: HostPath): string => basename(work).split('-')[1] ?? '';
