// SPDX-License-Identifier: Apache-2.0
import { createReadStream, createWriteStream } from 'node:fs';
import { copyFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import type { RamdiskPacking } from '../../model/plan.ts';
import type { WorkerContext } from '../context.ts';
import { fillIn } from '../outputs/fill-in.ts';
import { namingFullDisk, runToolQuietly } from '../run-tool-quietly.ts';
import { writeMicrocode } from './write-microcode.ts';
import { writeCpio } from './write-cpio.ts';
import type { DeviceMember } from './write-cpio.ts';

export type PackingJob = {
  readonly packing: RamdiskPacking;
  /** The root of the tree, for the microcode of processors. */
  readonly tree: HostPath;
  /** What the RAM disk holds. */
  readonly directory: HostPath;
  /** Where to write. */
  readonly file: HostPath;
  /** The name it will get, for messages. */
  readonly output: HostPath;
  readonly signal: AbortSignal;
};

/** In bytes. */
export type PackedSizes = { readonly microcode: number; readonly unpacked: number; readonly packed: number };

/** Writes the RAM disk: what the kernel reads first is not compressed, all else is. */
export async function packRamdisk(context: WorkerContext, job: PackingJob): Promise<PackedSizes> {
  const { output, file } = job;
  return namingFullDisk(output, `packing ${output}`, async () => {
    const date = dateOf(context);
    const archive = hostPath(join(context.paths.work, 'ramdisk.cpio'));
    try {
      const microcode = await writeMicrocode(file, { tree: job.tree, date });
      await writeCpio(archive, { directory: job.directory, date, devices: firstDevices });
      const unpacked = await sizeOf(archive);
      const packed = await compress(context, job, archive);
      await append(packed, file, microcode > 0);
      return { microcode, unpacked, packed: await sizeOf(packed) };
    } finally {
      for (const path of [archive, `${archive}.packed`]) await rm(path, { force: true });
    }
  });
}

/** /init writes to the first, and its shell to the second, before anything is mounted on /dev. */
const firstDevices: readonly DeviceMember[] = [
  { name: 'dev/console', mode: 0o020600, device: [5, 1] },
  { name: 'dev/null', mode: 0o020666, device: [1, 3] },
];

/** SOURCE_DATE_EPOCH, else the same at all times. Source: reproducible-builds.org. */
function dateOf({ plan }: WorkerContext): number {
  const given = plan.environment['SOURCE_DATE_EPOCH'] ?? '';
  return /^\d{1,10}$/.test(given) ? Number(given) : 0;
}

async function compress(
  context: WorkerContext,
  { packing, output, signal }: PackingJob,
  archive: HostPath,
): Promise<HostPath> {
  if (packing.argv === null) return archive;
  const to = hostPath(`${archive}.packed`);
  await runToolQuietly(context, `compressing ${output}`, {
    argv: await fillIn(context, packing.argv, { from: archive, to }),
    signal,
    writesTo: output,
  });
  return to;
}

async function append(from: HostPath, file: HostPath, isMore: boolean): Promise<void> {
  if (isMore) await pipeline(createReadStream(from), createWriteStream(file, { flags: 'a' }));
  else await copyFile(from, file);
}

const sizeOf = async (path: string): Promise<number> => (await stat(path)).size;
