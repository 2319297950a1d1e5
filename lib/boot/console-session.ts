// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { setTimeout } from 'node:timers/promises';
import type { Host } from '../host/host.ts';
import { lastConsoleLines } from './console-text.ts';
import { inspectImage } from './inspect-image.ts';
import { inspectPair } from './inspect-pair.ts';
import type { BootPair } from './inspect-pair.ts';
import { plainNetwork } from './machine-network.ts';
import type { MachineNetwork } from './machine-network.ts';
import { probeAccelerator } from './probe-accelerator.ts';
import type { Accelerator, BootArch, Firmware, KernelStart, MachineDisk } from './qemu-argv.ts';
import { startMachine } from './virtual-machine.ts';
import type { VirtualMachine } from './virtual-machine.ts';

/** A booting machine with somebody at its serial console. Whoever opens one must close it. */
export type ConsoleSession = {
  /** Everything shown so far. */
  readonly console: () => string;
  /** Waits for a text to appear behind what was waited for before. @throws Error with the last console lines. */
  readonly waitFor: (pattern: RegExp, timeoutSeconds?: number) => Promise<RegExpExecArray>;
  /** Types on the console. */
  readonly type: (text: string) => void;
  /** Waits for the login prompt and answers it. @throws Error when the login is refused. */
  readonly login: (user: string, password: string) => Promise<void>;
  /** Takes over the shell that shows this prompt to whoever sits at the console. */
  readonly takeShell: (prompt: RegExp) => Promise<void>;
  /** Runs a shell script in the shell of the user who has logged in, or that was taken over. */
  readonly run: (script: string, timeoutSeconds?: number) => Promise<CommandAnswer>;
  /** Resolves when the machine has ended, by itself or closed: with QEMU's exit status, null when it was killed. */
  readonly ended: Promise<number | null>;
  readonly close: () => Promise<void>;
};

export type CommandAnswer = { readonly exitStatus: number; readonly output: string };

export type ConsoleOptions = {
  readonly firmware: Firmware;
  readonly arch: BootArch;
  readonly memoryMebibytes: number;
  /** For each thing that is waited for. */
  readonly timeoutSeconds: number;
  /** Null: KVM when a guest really runs under it, else emulation. */
  readonly accelerator: Accelerator | null;
  /** Left out: as many as this machine has, at most two. */
  readonly processors?: number;
  /** Of the image itself. Left out: what the guest writes is lost with the machine. */
  readonly keepsChanges?: boolean;
};

/** What a machine that starts a pair has besides. */
export type PairConsoleOptions = Omit<ConsoleOptions, 'keepsChanges'> & {
  readonly disks: readonly MachineDisk[];
  readonly networks: readonly MachineNetwork[];
};

/** Boots an image to be used by hand: for images that no cloud-init listens in. */
export async function openConsole(
  host: Host,
  file: string,
  options: ConsoleOptions,
): Promise<ConsoleSession> {
  const image = await inspectImage(host, file, options.arch);
  const { keepsChanges = false } = options;
  const disks = [{ ...image, keepsChanges }];
  return openSession(host, { ...options, kernel: null, disks, networks: [plainNetwork] });
}

/** Boots a kernel and RAM disk. A guest that restarts ends the machine. */
export async function openPairConsole(
  host: Host,
  pair: BootPair,
  options: PairConsoleOptions,
): Promise<ConsoleSession> {
  return openSession(host, { ...options, kernel: await inspectPair(host, pair, options.arch) });
}

type SessionRequest = PairConsoleOptions & { readonly kernel: KernelStart | null };

async function openSession(host: Host, request: SessionRequest): Promise<ConsoleSession> {
  const accelerator = request.accelerator ?? (await probeAccelerator(request.arch));
  const endsOnRestart = request.kernel !== null;
  const machine = await startMachine(host, { ...request, accelerator, endsOnRestart, seed: null });
  const talk = createTalk(machine, request.timeoutSeconds);
  return {
    console: machine.console,
    waitFor: talk.waitFor,
    type: talk.type,
    login: (user, password) => logIn(talk, user, password),
    takeShell: async (prompt) => {
      await talk.waitFor(prompt);
      await settle(talk);
    },
    run: (script, timeoutSeconds) => runScript(talk, script, timeoutSeconds),
    ended: machine.exited.then(({ exitStatus }) => exitStatus),
    close: machine.kill,
  };
}

/** Reading and typing in turns: what was waited for is behind us. */
type Talk = {
  readonly type: (text: string) => void;
  readonly waitFor: (pattern: RegExp, timeoutSeconds?: number) => Promise<RegExpExecArray>;
};

function createTalk(machine: VirtualMachine, defaultTimeoutSeconds: number): Talk {
  let position = 0;
  let isOver = false;
  void machine.exited.then(() => (isOver = true));
  return {
    type: machine.type,
    waitFor: async (pattern, timeoutSeconds = defaultTimeoutSeconds) => {
      const deadline = performance.now() + timeoutSeconds * 1000;
      for (;;) {
        const ended = isOver;
        const match = pattern.exec(machine.console().slice(position));
        if (match !== null) {
          position += match.index + match[0].length;
          return match;
        }
        if (ended || performance.now() > deadline)
          throw waitFailure(machine, pattern, ended ? 'the machine ended' : `${timeoutSeconds} s`);
        await setTimeout(25);
      }
    },
  };
}

function waitFailure(machine: VirtualMachine, pattern: RegExp, until: string): Error {
  const shown = lastConsoleLines(machine.console(), 30).join('\n');
  return new Error(
    `the console did not show ${String(pattern)} until ${until}\n${shown}\n${machine.complaints()}`,
  );
}

const loginAttempts = 3;

/** Kernel messages may fall between name and password: a refused login is tried again. */
async function logIn(talk: Talk, user: string, password: string): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    await talk.waitFor(/login: */);
    talk.type(`${user}\n`);
    await talk.waitFor(/[Pp]assword: */);
    talk.type(`${password}\n`);
    const [answer] = await talk.waitFor(/Login incorrect|[$#] $/);
    if (answer !== 'Login incorrect') break;
    if (attempt === loginAttempts) throw new Error(`login of ${user} was refused`);
  }
  await settle(talk);
}

/** No echo, no prompts, and no messages of the kernel between the lines. */
async function settle(talk: Talk): Promise<void> {
  talk.type(`stty -echo; exec env PS1= PS2= sh\n`);
  talk.type(`sudo -n dmesg -n 1 || dmesg -n 1; ${say('"ready"')}\n`);
  await talk.waitFor(/^<ready>/m);
}

/** Longer lines do not fit a terminal's input buffer. */
const wordsInLine = 512;

/** The script travels as base64 in short lines, each answered before the next, so that nothing is lost on the way. */
async function runScript(talk: Talk, script: string, timeoutSeconds?: number): Promise<CommandAnswer> {
  const mark = randomBytes(6).toString('hex');
  const file = `/tmp/console-${mark}`;
  const pieces = Buffer.from(script)
    .toString('base64')
    .match(new RegExp(`.{1,${wordsInLine}}`, 'g')) ?? [''];
  for (const piece of pieces) {
    talk.type(`printf %s ${piece} >>${file}; ${say('"more"')}\n`);
    await talk.waitFor(/^<more>/m);
  }
  talk.type(
    `${say(`"${mark} begin"`)}; sh -c "$(base64 -d <${file})" </dev/null 2>&1; status=$?; rm -f ${file}; echo; ${say(`"${mark} $status"`)}\n`,
  );
  await talk.waitFor(new RegExp(`^<${mark} begin>\n`, 'm'), timeoutSeconds);
  const [whole, status] = await talk.waitFor(new RegExp(`^[^]*?\n<${mark} (\\d+)>`), timeoutSeconds);
  const end = whole.lastIndexOf('\n<');
  return { exitStatus: Number(status), output: whole.slice(0, end) };
}

/** Prints a mark on a line of its own; the brackets are not next to it in the command, which the terminal may echo. */
const say = (text: string): string => `printf '<%s>\\n' ${text}`;
