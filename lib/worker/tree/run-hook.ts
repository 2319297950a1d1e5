// SPDX-License-Identifier: Apache-2.0
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Command, CommandResult } from '../../host/host.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { PhaseName } from '../../model/phases.ts';
import { phaseNamed, phasesOfRamdisk } from '../../model/phases.ts';
import { refuseWhenStopped } from '../context.ts';
import type { WorkerContext } from '../context.ts';
import { blockDeviceParamsFile } from './block-device-params.ts';
import { isOfHost } from './seen-variables.ts';

/** A hook of the merged directory, as the worker found it. */
export type FoundHook = { readonly phase: PhaseName; readonly script: string; readonly element: string };

/**
 * @param alsoTo Is given each line that the hook prints.
 * @throws BuildFailure hook-failed, with the last lines the hook printed.
 */
export async function runHook(
  context: WorkerContext,
  hook: FoundHook,
  alsoTo?: (line: string) => void,
): Promise<void> {
  const command =
    phaseNamed(hook.phase).runsIn === 'host' ? hostCommand(context, hook) : targetCommand(context, hook);
  refuseWhenStopped(context);
  const result = await context.host.run({
    ...command,
    onLine: (text) => {
      context.report({ kind: 'output', text });
      alsoTo?.(text);
    },
  });
  if (result.exitStatus === 0) return;
  const exitStatus = shellStatus(result);
  throw new BuildFailure({ kind: 'hook-failed', ...hook, exitStatus, lastLines: result.lastLines });
}

/** As a shell tells it: 128 and the signal's number when one ended the process, 127 when it could not be started. */
export function shellStatus({ exitStatus, signal }: Pick<CommandResult, 'exitStatus' | 'signal'>): number {
  if (exitStatus !== null) return exitStatus;
  return signal === null ? 127 : 128 + constants.signals[signal as NodeJS.Signals];
}

/** Words of `-p`. Upstream runs them without environment.d. @throws BuildFailure packages-failed. */
export async function installPackages(
  context: WorkerContext,
  phase: string,
  packages: readonly string[],
): Promise<void> {
  const argv = ['chroot', context.paths.tree, 'install-packages', ...packages] as const;
  const onLine = (text: string): void => context.report({ kind: 'output', text });
  refuseWhenStopped(context);
  const result = await context.host.run({ argv, environment: targetEnvironment(context), onLine });
  if (result.exitStatus === 0) return;
  const exitStatus = shellStatus(result);
  throw new BuildFailure({
    kind: 'packages-failed',
    phase,
    packages,
    exitStatus,
    lastLines: result.lastLines,
  });
}

function hostCommand(context: WorkerContext, { phase, script }: FoundHook): Command {
  const { hooks } = context.paths;
  return {
    argv: [join(hooks, 'run-hook'), hooks, phase, script],
    cwd: context.plan.execution.workingDirectory,
    environment: hostEnvironment(context, phase),
  };
}

function targetCommand(context: WorkerContext, { phase, script }: FoundHook): Command {
  const hooks = context.plan.execution.hooksInTarget;
  return {
    argv: ['chroot', context.paths.tree, '/bin/bash', `${hooks}/run-hook`, hooks, phase, script],
    environment: environmentInTarget(context, phase),
  };
}

/** Of a hook that runs in the tree, and of a shell in its place. */
export const environmentInTarget = (context: WorkerContext, phase: PhaseName): Record<string, string> => ({
  ...targetEnvironment(context),
  ...placesInTarget(context, phase),
});

/** Where hooks of ramdisk-install.d find what the RAM disk will hold. */
export const ramdiskInTarget = '/tmp/ramdisk';

const placesInTarget = ({ plan }: WorkerContext, phase: PhaseName): Record<string, string> =>
  phasesOfRamdisk.includes(phase)
    ? { TMP_MOUNT_PATH: ramdiskInTarget, TMP_HOOKS_PATH: plan.execution.hooksInTarget }
    : {};

/** Phases in which upstream sets TARGET_ROOT (dib-contract §2.1); elsewhere hooks use TMP_MOUNT_PATH. */
const withTargetRoot: readonly PhaseName[] = ['root.d', 'cleanup.d'];

export function hostEnvironment(context: WorkerContext, phase: PhaseName): Record<string, string> {
  const { environment, execution } = context.plan;
  const path = [execution.hostCommands, environment['PATH'], systemPath].join(':');
  const targetRoot = withTargetRoot.includes(phase) ? { TARGET_ROOT: context.paths.tree } : {};
  const own = { ...workEnvironment(context), ...caller(context), ...targetRoot };
  return { ...environment, ...own, PATH: path, PYTHONPATH: pythonPath(context) };
}

/** Ours refuses, in words, modules that this program does not have. */
const pythonPath = ({ plan: { environment, execution } }: WorkerContext): string =>
  [join(execution.shellLibrary, 'python'), environment['PYTHONPATH'] ?? '']
    .filter((path) => path !== '')
    .join(':');

/** Hooks that write beside the image find out as under sudo to whom it belongs. */
const caller = ({ owner }: WorkerContext): Record<string, string> =>
  owner === null ? {} : { SUDO_UID: String(owner.uid), SUDO_GID: String(owner.gid) };

/** In the target the whole of it; on the host after the user's own, for programs of `sbin` and of trees entered by chroot. */
const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

export function targetEnvironment(context: WorkerContext): Record<string, string> {
  const entries = Object.entries({ ...context.plan.environment, ...workEnvironment(context) });
  const kept = entries.filter(
    ([name]) =>
      !['TMPDIR', 'VIRTUAL_ENV'].includes(name) && !name.startsWith('BASH_FUNC_') && !isOfHost(name),
  );
  return { ...Object.fromEntries(kept), HOME: '/root', PATH: systemPath };
}

/** Paths that only the worker knows, under upstream's names. */
function workEnvironment({ paths, plan }: WorkerContext): Record<string, string> {
  const [node = '', entry = ''] = plan.execution.builder;
  return {
    TMP_BUILD_DIR: paths.build,
    TMP_HOOKS_PATH: paths.hooks,
    TMP_MOUNT_PATH: paths.tree,
    TMP_IMAGE_DIR: paths.image,
    DIB_BLOCK_DEVICE_PARAMS_YAML: blockDeviceParamsFile(paths),
    DIB_BUILDER_NODE: node,
    DIB_BUILDER_ENTRY: entry,
  };
}
