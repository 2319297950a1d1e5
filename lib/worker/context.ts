// SPDX-License-Identifier: Apache-2.0
import type { Command, CommandResult, Host } from '../host/host.ts';
import type { HostPath } from '../model/brands.ts';
import type { BuildEventBody } from '../model/event.ts';
import { BuildFailure } from '../model/failure.ts';
import type { BuildPlan } from '../model/plan.ts';
import type { Measuring } from './measure.ts';
import type { Scope } from './scope.ts';

/** What every stage of the worker is given. */
export type WorkerContext = {
  readonly plan: BuildPlan;
  readonly host: Host;
  readonly report: (event: BuildEventBody) => void;
  /** Closed when the build ends; a stage opens its own with `withScope` for what it needs no longer. */
  readonly scope: Scope;
  readonly paths: WorkPaths;
  /** Aborted when the user interrupts: no further step or tool is started. */
  readonly stop: AbortSignal;
  /** Sessions of processes that run beside the steps: not left behind by the step that ends. */
  readonly companions: Set<number>;
  /** Who gets the outputs; null: they stay with the user the worker runs as. */
  readonly owner: Owner | null;
  /** Left out: nobody wants to know what things cost. */
  readonly measuring?: Measuring;
};

/** Numbers of a user and a group. */
export type Owner = { readonly uid: number; readonly gid: number };

export type WorkPaths = {
  /** This build's own directory inside the store, removed at the end. */
  readonly work: HostPath;
  /** TMP_BUILD_DIR. */
  readonly build: HostPath;
  /** TMP_HOOKS_PATH. */
  readonly hooks: HostPath;
  /** TMP_MOUNT_PATH: where the tree is mounted. */
  readonly tree: HostPath;
  /** TMP_IMAGE_DIR: room for the raw image. */
  readonly image: HostPath;
};

/**
 * Runs a tool whose failure ends the build; what it prints becomes `output` events.
 * @param doing For the failure's words, as in `making the file system mkfs_root`.
 */
export async function runTool(
  context: Pick<WorkerContext, 'host' | 'report' | 'stop'>,
  doing: string,
  command: Command,
): Promise<CommandResult> {
  refuseWhenStopped(context);
  const onLine = (text: string): void => context.report({ kind: 'output', text });
  const result = await context.host.run({ onLine, ...command });
  if (result.exitStatus === 0) return result;
  const { exitStatus, signal, lastLines } = result;
  throw new BuildFailure({
    kind: 'command-failed',
    doing,
    argv: command.argv,
    exitStatus,
    signal,
    lastLines,
  });
}

/** @throws BuildFailure interrupted. */
export function refuseWhenStopped({ stop }: Pick<WorkerContext, 'stop'>): void {
  if (stop.aborted) throw new BuildFailure({ kind: 'interrupted' });
}
