// SPDX-License-Identifier: Apache-2.0
import { open } from 'node:fs/promises';
import type { Command } from '../../host/host.ts';
import type { PhaseName } from '../../model/phases.ts';
import { phaseNamed } from '../../model/phases.ts';
import type { WorkerContext } from '../context.ts';
import { environmentInTarget, hostEnvironment } from './run-hook.ts';

/** Whether `break=` names this point. */
export const breaksAt = (context: WorkerContext, point: string): boolean =>
  context.plan.execution.debug.breakpoints.includes(point);

/**
 * Runs the break command where the phase's hooks run, on the terminal if there is one; its exit status is ignored.
 * The tree must be mounted.
 */
export async function openShell(context: WorkerContext, phase: PhaseName, why: string): Promise<void> {
  const command = shellCommand(context, phase);
  const terminal = await open('/dev/tty', 'r+').catch(() => null);
  if (terminal === null) return runWithoutTerminal(context, command, why);
  context.report({ kind: 'terminal', taken: true, why });
  try {
    await context.host.runOnTerminal(command, terminal.fd);
  } finally {
    await terminal.close();
    context.report({ kind: 'terminal', taken: false, why });
  }
}

async function runWithoutTerminal(context: WorkerContext, command: Command, why: string): Promise<void> {
  const { breakCommand } = context.plan.execution.debug;
  context.report({ kind: 'note', text: `${why}; there is no terminal, running: ${breakCommand}` });
  await context.host.run({ ...command, onLine: (text) => context.report({ kind: 'output', text }) });
}

function shellCommand(context: WorkerContext, phase: PhaseName): Command {
  const { breakCommand, breakOutsideTarget } = context.plan.execution.debug;
  const shell = ['/bin/bash', '-c', breakCommand] as const;
  const isInTarget = phaseNamed(phase).runsIn === 'target' && !breakOutsideTarget;
  if (isInTarget)
    return {
      argv: ['chroot', context.paths.tree, ...shell],
      environment: environmentInTarget(context, phase),
    };
  return {
    argv: shell,
    cwd: context.plan.execution.workingDirectory,
    environment: hostEnvironment(context, phase),
  };
}
