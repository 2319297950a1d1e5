// SPDX-License-Identifier: Apache-2.0
import { openConsole } from '../../lib/boot/console-session.ts';
import type { Firmware } from '../../lib/boot/qemu-argv.ts';
import { realHost } from '../../lib/host/real-host.ts';
import { devuser } from './built-image.ts';

/** A machine that runs an image, with devuser at its serial console. */
export type Guest = {
  /** From the start of the machine until devuser was logged in. */
  readonly loginSeconds: number;
  /** Everything the console has shown. */
  readonly console: () => string;
  /** Runs a shell script as root. @returns what it printed. @throws Error when its exit status is not 0. */
  readonly asRoot: (script: string) => Promise<string>;
  /** Shuts the system down and waits for the machine's end. */
  readonly powerOff: () => Promise<void>;
};

const TIMEOUT_SECONDS = 300;

export type GuestRequest = {
  readonly image: string;
  readonly firmware: Firmware;
  /** Left out: what the guest writes is lost with the machine. */
  readonly keepsChanges?: boolean;
};

/** Boots an image, logs in, and ends the machine afterwards. */
export async function withGuest<T>(
  { image, firmware, keepsChanges = false }: GuestRequest,
  use: (guest: Guest) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const session = await openConsole(realHost, image, {
    firmware,
    arch: 'x86_64',
    memoryMebibytes: 1024,
    timeoutSeconds: TIMEOUT_SECONDS,
    accelerator: null,
    keepsChanges,
  });
  const asRoot = async (script: string): Promise<string> => {
    const { exitStatus, output } = await session.run(rootScript(script));
    if (exitStatus !== 0) throw new Error(`exit status ${exitStatus}\n${script}\n${output}`);
    return output;
  };
  try {
    await session.login(devuser.name, devuser.password);
    const loginSeconds = (performance.now() - start) / 1000;
    const powerOff = async (): Promise<void> => {
      await asRoot("setsid sh -c 'sleep 1; systemctl poweroff' >/dev/null 2>&1 &");
      await session.ended;
    };
    return await use({ loginSeconds, console: session.console, asRoot, powerOff });
  } finally {
    await session.close();
  }
}

/** Programs print as into a file: on a terminal, `ls` and others would print something else. */
const rootScript = (script: string): string => `output=$(sudo -n sh <<'END-OF-SCRIPT'
${script}
END-OF-SCRIPT
)
status=$?
[ -z "$output" ] || printf '%s\\n' "$output"
exit $status`;
