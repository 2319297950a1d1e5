// SPDX-License-Identifier: Apache-2.0
import type { WorkerContext } from '../context.ts';

/** The parallel one where it is installed. */
export async function findGzip({ host }: Pick<WorkerContext, 'host'>): Promise<string> {
  const { exitStatus } = await host.run({ argv: ['pigz', '--version'] });
  return exitStatus === 0 ? 'pigz' : 'gzip';
}
