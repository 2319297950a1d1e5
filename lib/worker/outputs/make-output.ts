// SPDX-License-Identifier: Apache-2.0
import { rename, rm, writeFile } from 'node:fs/promises';
import { basename } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import type { PlannedOutput } from '../../model/plan.ts';
import type { Artifact } from '../../store/artifacts.ts';
import { recordElsewhere } from '../../store/abandoned-work.ts';
import { refuseWhenStopped } from '../context.ts';
import type { WorkerContext } from '../context.ts';
import { measure, timed } from '../measure.ts';
import { checksumsOf, checksumLine } from './checksums.ts';
import { makeParent, outputSizes, partFor } from './output-parts.ts';
import { ownOutput } from './own-output.ts';
import type { OutputJob } from './output-job.ts';
import { putOldAway } from './put-old-away.ts';
import { runRecipe } from './run-recipe.ts';
import { copyOut } from './shelf.ts';

/** Makes one output, or copies what is stored of it, with its checksums under a hidden name, then gives all of it the names asked for. */
export async function makeOutput(context: WorkerContext, job: OutputJob): Promise<void> {
  refuseWhenStopped(context);
  const { output, shelf } = job;
  const stored = shelf.stored.get(output);
  const startedAt = Date.now();
  const { format, file } = output;
  context.report({ kind: 'output-started', format, file });
  const measured = measure(context);
  await makeParent(context, output.file);
  const part = await reservePart(context, job, output.file);
  const checksums =
    stored === undefined ? await make(context, job, part) : await copyStored(context, job, { stored, part });
  const name = nameAsGiven(context, output.file);
  const files: [HostPath, string][] = [];
  for (const [kind, digest] of Object.entries(checksums)) {
    const file = await reservePart(context, job, `${output.file}.${kind}`);
    await writeFile(file, checksumLine(digest, name));
    files.push([file, `${output.file}.${kind}`]);
  }
  for (const path of [part, ...files.map(([file]) => file)]) await ownOutput(context, path);
  await putOldAway(output, name);
  await rename(part, output.file);
  for (const [file, to] of files) await rename(file, to);
  const sizes = await outputSizes(output.file);
  const milliseconds = Date.now() - startedAt;
  context.report({
    kind: 'output-made',
    format,
    file,
    ...sizes,
    checksums,
    milliseconds,
    isReused: stored !== undefined,
    ...measured(),
  });
}

type Checksums = Readonly<Record<string, string>>;

async function copyStored(
  context: WorkerContext,
  { output }: OutputJob,
  { stored, part }: { readonly stored: Artifact; readonly part: HostPath },
): Promise<Checksums> {
  await copyOut(context, stored, { file: part, output: output.file });
  return sumsOf(context, part, output);
}

/** The raw image is there before it is moved, and so is read while others still are made of it. */
async function make(context: WorkerContext, job: OutputJob, part: HostPath): Promise<Checksums> {
  const { output, sources, shelf } = job;
  const isMoved = output.recipe.kind === 'raw';
  if (!isMoved) await runRecipe(context, job, part);
  const made = isMoved ? (sources.disk?.file ?? part) : part;
  const [checksums] = await Promise.all([sumsOf(context, made, output), shelf.keep(output, made)]);
  await job.diskIsFree;
  if (isMoved) await runRecipe(context, job, part);
  return checksums;
}

const sumsOf = (context: WorkerContext, file: HostPath, { checksums }: PlannedOutput): Promise<Checksums> =>
  timed(context, 'checksums', () => checksumsOf(file, checksums));

/** A hidden name that goes with the scope, or, when this process is killed, with the next build. */
async function reservePart(context: WorkerContext, { scope }: OutputJob, file: string): Promise<HostPath> {
  const part = partFor(context, file);
  await recordElsewhere(context.paths.work, part);
  scope.defer(`the unfinished ${part}`, () => rm(part, { recursive: true, force: true }));
  return part;
}

/** The name after `-o` with the extension: what the checksum files name, as upstream's do. */
function nameAsGiven({ plan }: WorkerContext, file: HostPath): string {
  const given = plan.environment['IMAGE_NAME'] ?? plan.name;
  return `${given}${basename(file).slice(basename(given).length)}`;
}
