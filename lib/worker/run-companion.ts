// SPDX-License-Identifier: Apache-2.0
import type { Command, CommandResult } from '../host/host.ts';
import type { WorkerContext } from './context.ts';

/** Runs a command that goes on when what hooks left behind is ended. */
export async function runCompanion(
  { host, companions }: Pick<WorkerContext, 'host' | 'companions'>,
  command: Command,
): Promise<CommandResult> {
  let own = 0;
  const onSession = (session: number): void => {
    own = session;
    companions.add(session);
    command.onSession?.(session);
  };
  try {
    return await host.run({ onLine: () => undefined, ...command, onSession });
  } finally {
    companions.delete(own);
  }
}
