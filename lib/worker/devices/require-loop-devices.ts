// SPDX-License-Identifier: Apache-2.0
import { BuildFailure } from '../../model/failure.ts';
import type { WorkerContext } from '../context.ts';

/** @throws BuildFailure input-invalid when this machine has no loop device: before the first step. */
export async function requireLoopDevices({
  host,
  plan,
}: Pick<WorkerContext, 'host' | 'plan'>): Promise<void> {
  if (plan.disk?.madeWith.way !== 'devices') return;
  const { exitStatus, lastLines } = await host.run({ argv: ['losetup', '--find'] });
  if (exitStatus === 0) return;
  const message = `this build needs loop devices, and this machine gives it none: ${plan.disk.madeWith.reason}`;
  const hints = [
    ...lastLines,
    'load the kernel module `loop`; in a container, give it the devices (`--privileged`, or /dev/loop-control and /dev/loop*)',
  ];
  throw new BuildFailure({ kind: 'input-invalid', problems: [{ message, hints }] });
}
