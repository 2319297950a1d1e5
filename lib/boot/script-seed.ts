// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Host } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';

/** The two files of cloud-init's NoCloud data source. */
export type Seed = { readonly userData: string; readonly instanceId: string };

/** Writes a FAT image with the label by which cloud-init finds it. */
export async function writeSeed(host: Host, path: string, { userData, instanceId }: Seed): Promise<void> {
  const directory = await mkdtemp(join(tmpdir(), 'boot-test-seed-'));
  try {
    const files = { 'user-data': userData, 'meta-data': `instance-id: ${instanceId}\n` };
    for (const [name, text] of Object.entries(files)) await writeFile(join(directory, name), text);
    const paths = Object.keys(files).map((name) => join(directory, name));
    const sectors = 4096 + Math.ceil(userData.length / 512);
    await mustRun(host, ['mformat', '-i', path, '-C', '-T', String(sectors), '-v', 'CIDATA', '::']);
    await mustRun(host, ['mcopy', '-i', path, ...paths, '::']);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function mustRun(host: Host, argv: readonly [string, ...string[]]): Promise<void> {
  const result = await host.run({ argv });
  if (result.exitStatus === 0) return;
  const { exitStatus, signal, lastLines } = result;
  const doing = 'making the seed image that hands the script in';
  throw new BuildFailure({ kind: 'command-failed', doing, argv, exitStatus, signal, lastLines });
}
