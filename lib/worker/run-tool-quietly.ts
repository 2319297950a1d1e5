// SPDX-License-Identifier: Apache-2.0
import type { Command, CommandResult } from '../host/host.ts';
import type { HostPath } from '../model/brands.ts';
import { BuildFailure } from '../model/failure.ts';
import type { WorkerContext } from './context.ts';
import { refuseWhenStopped } from './context.ts';

/** @param writesTo Named when the host's disk turns out full. */
export type QuietCommand = Command & { readonly writesTo?: HostPath };

/** Like `runTool`, for tools whose words mean nothing to the user unless they fail, or are read by us. */
export async function runToolQuietly(
  context: Pick<WorkerContext, 'host' | 'stop'>,
  doing: string,
  { writesTo, ...command }: QuietCommand,
): Promise<CommandResult> {
  refuseWhenStopped(context);
  const result = await context.host.run(command);
  if (result.exitStatus === 0) return result;
  const { exitStatus, signal, lastLines } = result;
  const { argv } = command;
  if (writesTo !== undefined && lastLines.some((line) => fullDisk.test(line))) {
    throw new BuildFailure({ kind: 'no-space', path: writesTo, doing });
  }
  throw new BuildFailure({ kind: 'command-failed', doing, argv, exitStatus, signal, lastLines });
}

/** The second is how GNU tar puts it. */
const fullDisk = /No space left on device|Wrote only \d+ of \d+ bytes/;

/** Gives what `write` throws when the host's disk is full the name of the file. */
export async function namingFullDisk<T>(path: HostPath, doing: string, write: () => Promise<T>): Promise<T> {
  try {
    return await write();
  } catch (error) {
    const isFull = error instanceof Error && 'code' in error && error.code === 'ENOSPC';
    throw isFull ? new BuildFailure({ kind: 'no-space', path, doing }) : error;
  }
}
