// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../../host/host.ts';
import type { HostPath } from '../../model/brands.ts';

/** What a directory and all in it takes on disk. */
export async function allocatedBytes(host: Host, directory: HostPath): Promise<number> {
  const result = await host.run({ argv: ['du', '--summarize', '--block-size=1', directory] });
  return Number.parseInt(result.stdout, 10) || 0;
}
