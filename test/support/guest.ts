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
  /** Starts the system anew from its disk, waits for GRUB, and logs in again. */
  readonly reboot: () => Promise<void>;
};

const TIMEOUT_SECONDS = 300;

/** Boots the image on an overlay of its own, which goes with the machine. */
export async function withGuest<T>(
  { image, firmware }: { readonly image: string; readonly firmware: Firmware },
  use: (guest: Guest) => Promise<T>,
): Promise<T> {
  const start = performance.now();
  const session = await openConsole(realHost, image, {
    firmware,
    arch: 'x86_64',
    memoryMebibytes: 1024,
    timeoutSeconds: TIMEOUT_SECONDS,
    accelerator: null,
  });
  const asRoot = async (script: string): Promise<string> => {
    const { exitStatus, output } = await session.run(rootScript(script));
    if (exitStatus !== 0) throw new Error(`exit status ${exitStatus}\n${script}\n${output}`);
    return output;
  };
  const logIn = (): Promise<void> => session.login(devuser.name, devuser.password);
  try {
    await logIn();
    const loginSeconds = (performance.now() - start) / 1000;
    const reboot = async (): Promise<void> => {
      await asRoot("setsid sh -c 'sleep 1; systemctl reboot' >/dev/null 2>&1 &");
      await session.waitFor(/GNU GRUB/);
      await logIn();
    };
    return await use({ loginSeconds, console: session.console, asRoot, reboot });
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
