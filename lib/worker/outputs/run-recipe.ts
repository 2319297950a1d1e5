// SPDX-License-Identifier: Apache-2.0
import { rename } from 'node:fs/promises';
import type { HostPath } from '../../model/brands.ts';
import type { OutputRecipe } from '../../model/plan.ts';
import { unreachable } from '../../model/unreachable.ts';
import type { WorkerContext } from '../context.ts';
import type { RawImage } from '../disk/raw-image.ts';
import { copyKernel } from '../ramdisk/copy-kernel.ts';
import type { InitramfsJob } from '../ramdisk/make-initramfs.ts';
import { makeInitramfs } from '../ramdisk/make-initramfs.ts';
import { fillIn } from './fill-in.ts';
import type { OutputJob } from './output-job.ts';
import { namingFullDisk, runToolQuietly } from '../run-tool-quietly.ts';
import { settleImage } from './settle/settle-image.ts';
import { settleSquashfs } from './settle/settle-squashfs.ts';
import { dataExtents } from './write-qcow2/data-extents.ts';
import { writeQcow2 } from './write-qcow2/write-qcow2.ts';
import { writeOci } from './write-oci.ts';

/** Carries out how an output is made. @param file Where to write it. */
export async function runRecipe(context: WorkerContext, job: OutputJob, file: HostPath): Promise<void> {
  const { recipe } = job.output;
  switch (recipe.kind) {
    case 'command':
      return runCommand(context, job, { words: recipe.argv, file });
    case 'raw':
      return moveRaw(context, job, file);
    case 'qcow2':
      return writeImage(context, job, { recipe, file });
    case 'oci':
      return writeOci(context, {
        ...recipe,
        tree: job.sources.tree,
        directory: file,
        signal: job.signal,
        output: job.output.file,
      });
    case 'initramfs':
      return makeInitramfs(context, { ...recipe, ...ramdiskJob(job, file) });
    case 'kernel':
      return copyKernel(context, { ...recipe, ...ramdiskJob(job, file) });
    default:
      return unreachable(recipe);
  }
}

function ramdiskJob(
  { sources, signal, output }: OutputJob,
  file: HostPath,
): Omit<InitramfsJob, 'source' | 'packing'> {
  const { tree, growth } = sources;
  if (growth === null) throw new Error('a RAM disk is to be made of a tree that did not grow');
  return { tree, growth, file, output: output.file, signal };
}

async function runCommand(
  context: WorkerContext,
  { output, sources, signal }: OutputJob,
  { words, file }: { readonly words: readonly string[]; readonly file: HostPath },
): Promise<void> {
  const { tree, disk } = sources;
  await runToolQuietly(context, `making ${output.file}`, {
    argv: await fillIn(context, words, { tree, disk: disk?.file ?? '', file }),
    signal,
    writesTo: output.file,
  });
  await settleImage(output.format, file);
  if (output.format === 'squashfs') await settleSquashfs(context, { file, tree: sources.tree });
}

/** A rename where that is possible, else a copy that keeps the holes. */
async function moveRaw(
  context: WorkerContext,
  { output, sources, signal }: OutputJob,
  file: HostPath,
): Promise<void> {
  const disk = diskOf(sources.disk).file;
  try {
    await rename(disk, file);
  } catch (error) {
    if (!isOtherFileSystem(error)) throw error;
    context.report({ kind: 'circumstance', what: 'image-copied' });
    const argv = ['cp', '--sparse=always', '--reflink=auto', disk, file] as const;
    await runToolQuietly(context, `copying ${output.file}`, { argv, signal, writesTo: output.file });
  }
}

const isOtherFileSystem = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && error.code === 'EXDEV';

async function writeImage(
  { host, report }: WorkerContext,
  { output, sources, shelf, signal }: OutputJob,
  { recipe, file }: { readonly recipe: Extract<OutputRecipe, { kind: 'qcow2' }>; readonly file: HostPath },
): Promise<void> {
  const source = diskOf(sources.disk);
  const extents = await dataExtents(host, source.file);
  const known = (await shelf.related(output)).map(({ file: image, index }) => ({ image, index }));
  const index = shelf.indexOf(output);
  const { clusters, reused } = await namingFullDisk(output.file, `making ${output.file}`, () =>
    writeQcow2({ source, target: file, extents, options: recipe, known, index, signal }),
  );
  if (reused > 0) {
    const text = `${output.file}: ${reused} of ${clusters} clusters were compressed in an earlier build`;
    report({ kind: 'note', text });
  }
}

function diskOf(disk: RawImage | null): RawImage {
  if (disk === null) throw new Error('an output is to be made from a disk and there is none');
  return disk;
}
