// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { BuildFailure } from '../../model/failure.ts';
import type { Store } from '../../model/store-paths.ts';
import type { WorkerContext } from '../context.ts';

type Machine = Pick<WorkerContext, 'host' | 'plan'> & { readonly store: Pick<Store, 'work'> };

/**
 * Before the first step of a build that needs them. What killed builds left in the store must have been removed.
 * @throws BuildFailure input-invalid when this machine has no loop device.
 */
export async function prepareLoopDevices({ host, plan, store }: Machine): Promise<void> {
  if (plan.disk?.madeWith.way !== 'devices') return;
  for (const device of abandoned(await attachedFiles(), store)) {
    await host.run({ argv: ['losetup', '--detach', device] });
  }
  const { exitStatus, lastLines } = await host.run({ argv: ['losetup', '--find'] });
  if (exitStatus === 0) return;
  const message = `this build needs loop devices, and this machine has none for it: ${plan.disk.madeWith.reason}`;
  const hints = [
    ...lastLines,
    'load the kernel module `loop`; a container needs `--privileged`, or /dev/loop-control and /dev/loop*',
  ];
  throw new BuildFailure({ kind: 'input-invalid', problems: [{ message, hints }] });
}

/** Device → the file behind it, as the kernel tells it: a file that was removed has ` (deleted)` after its name. */
type AttachedFiles = Readonly<Record<string, string>>;

/** Those of builds that were killed between attaching a file and asking the kernel to let go of it at the end. */
export function abandoned(files: AttachedFiles, { work }: Pick<Store, 'work'>): readonly string[] {
  const isOurs = (file: string): boolean =>
    file.startsWith(`${work}/`) || /\/dib_image\.\w+\/[^/]+\.raw /.test(file);
  return Object.entries(files).flatMap(([device, file]) =>
    file.endsWith(' (deleted)') && isOurs(file) ? [device] : [],
  );
}

async function attachedFiles(): Promise<AttachedFiles> {
  const devices = (await readdir('/sys/block').catch(() => [])).filter((name) => name.startsWith('loop'));
  const files = await Promise.all(
    devices.map(async (name) => {
      const file = await readFile(join('/sys/block', name, 'loop/backing_file'), 'utf8').catch(() => '');
      return [`/dev/${name}`, file.trimEnd()] as const;
    }),
  );
  return Object.fromEntries(files);
}
