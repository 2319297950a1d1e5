// SPDX-License-Identifier: Apache-2.0
import type { Command, CommandResult } from '../host/host.ts';
import { BuildFailure } from '../model/failure.ts';
import type { WorkerContext } from './context.ts';
import { refuseWhenStopped } from './context.ts';

/** Like `runTool`, for tools whose words mean nothing to the user unless they fail, or are read by us. */
export async function runToolQuietly(
  context: Pick<WorkerContext, 'host' | 'stop'>,
  doing: string,
  command: Command,
): Promise<CommandResult> {
  refuseWhenStopped(context);
  const result = await context.host.run(command);
  if (result.exitStatus === 0) return result;
  const { exitStatus, signal, lastLines } = result;
  const { argv } = command;
  throw new BuildFailure({ kind: 'command-failed', doing, argv, exitStatus, signal, lastLines });
}
