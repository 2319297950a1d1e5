// SPDX-License-Identifier: Apache-2.0
import { openPairConsole } from '../../lib/boot/console-session.ts';
import type { ConsoleSession, PairConsoleOptions } from '../../lib/boot/console-session.ts';
import type { BootPair } from '../../lib/boot/inspect-pair.ts';
import { plainNetwork } from '../../lib/boot/machine-network.ts';
import { realHost } from '../../lib/host/real-host.ts';

export type PairMachine = Partial<
  Pick<PairConsoleOptions, 'disks' | 'networks' | 'processors' | 'memoryMebibytes'>
> & {
  /** Words of the kernel's command line. */
  readonly append?: string;
};

const TIMEOUT_SECONDS = 180;

/** Boots a pair, and ends the machine afterwards. */
export async function withPair<T>(
  pair: BootPair,
  { append = '', ...machine }: PairMachine,
  use: (session: ConsoleSession) => Promise<T>,
): Promise<T> {
  const session = await openPairConsole(
    realHost,
    { ...pair, append },
    {
      firmware: 'bios',
      arch: 'x86_64',
      memoryMebibytes: 1024,
      timeoutSeconds: TIMEOUT_SECONDS,
      accelerator: null,
      disks: [],
      networks: [plainNetwork],
      ...machine,
    },
  );
  try {
    return await use(session);
  } finally {
    await session.close();
  }
}

/** The machine restarts because /init wants it to, and not because the kernel panics. */
export async function expectRestart(session: ConsoleSession): Promise<void> {
  await session.waitFor(/reboot: Restarting system/);
  const exitStatus = await session.ended;
  if (exitStatus !== 0) throw new Error(`QEMU ended with exit status ${exitStatus ?? 'none'}`);
}

/** The lines of the console that begin with a word and a colon, without these. */
export const linesOf = (session: ConsoleSession, word: string): readonly string[] =>
  session
    .console()
    .split('\n')
    .filter((line) => line.startsWith(`${word}: `))
    .map((line) => line.slice(word.length + 2).trimEnd());
