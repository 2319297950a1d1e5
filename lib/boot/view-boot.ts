// SPDX-License-Identifier: Apache-2.0
import { lastConsoleLines } from './console-text.ts';
import { scriptProgress } from './script-markers.ts';
import type { ScriptResult } from './script-markers.ts';

/** What makes a boot good. */
export type BootExpectation = {
  /** Text that must appear on the console; null: a login prompt, or with a script the script itself. */
  readonly text: string | null;
  /** A RAM disk was handed in: without a text, its own ready line is as good as a login prompt. */
  readonly isRamdisk: boolean;
  /** The word that marks the script's lines on the console; null: no script was handed in. */
  readonly scriptMark: string | null;
};

export type BootView = {
  /** The system is up: what was expected has appeared, or the script has begun. */
  readonly isUp: boolean;
  readonly script: ScriptResult | null;
  /** Everything that was waited for is there. */
  readonly isComplete: boolean;
  /** Why waiting longer is of no use; null: go on. */
  readonly hopeless: string | null;
};

/** Reads the state of a boot off everything the console has shown. */
export function viewBoot(console: string, expectation: BootExpectation): BootView {
  const { text, scriptMark } = expectation;
  const script = scriptMark === null ? null : scriptProgress(console, scriptMark);
  const isSeen = text === null ? hasComeUp(console, expectation) : console.includes(text);
  const isUp = isSeen || (text === null && script !== null && script.begun);
  const isScriptDone = scriptMark === null || script?.exitStatus !== null;
  return {
    isUp,
    script: script?.begun === true ? { exitStatus: script.exitStatus, output: script.output } : null,
    isComplete: isUp && isScriptDone,
    hopeless: isUp ? null : hopelessReason(console),
  };
}

const hasComeUp = (console: string, { isRamdisk }: BootExpectation): boolean =>
  loginPrompt.test(console) || (isRamdisk && readyRamdisk.test(console));

/** What is waited for, as in `no login prompt within 300 s`. */
export const expectationName = ({ text, scriptMark, isRamdisk }: BootExpectation): string => {
  if (text !== null) return JSON.stringify(text);
  if (scriptMark !== null) return 'end of the script';
  return isRamdisk ? 'login prompt and no ready RAM disk' : 'login prompt';
};

/** The kernel may write behind the prompt, beginning with its clock in brackets. */
const loginPrompt = /(?:^|[ \t])login: *(?:$|\[ *\d+\.\d)/m;

/** What /init of a RAM disk of ours says when the machine's devices and network are up: its first fragment begins, or it has none. */
export const readyRamdisk = /^init: (?:\S+ from \S+$|done; )/m;

/** What consoles say when a boot has come to an end that nobody wants. */
const deadEnds: readonly (readonly [RegExp, string])[] = [
  [/Kernel panic - not syncing.*/, 'the kernel panicked'],
  [/^grub rescue> */m, 'GRUB found no configuration and fell into its rescue shell'],
  [/^grub> *$/m, 'GRUB found no configuration and fell into its shell'],
  [/You are in (?:emergency|rescue) mode/, 'systemd fell into emergency mode'],
  [/^\(initramfs\) *$/m, 'the initial RAM disk did not find the root file system and opened a shell'],
  [/^init: (?:the fragment \S+ from \S+ )?failed: /m, '/init of the RAM disk failed'],
  [/No bootable (?:device|option)[^\n]*/i, 'the firmware found nothing to boot'],
  [/^(?:UEFI Interactive )?Shell> */m, 'the firmware found nothing to boot and opened its own shell'],
];

/** How a guest that ended its machine came to that, by what the kernel says then; null when it has said nothing. */
export function ownEnd(console: string): string | null {
  const tail = lastConsoleLines(console, 40).join('\n');
  return ends.find(([sign]) => sign.test(tail))?.[1] ?? null;
}

/** A kernel that panics may restart the machine afterwards. */
const ends: readonly (readonly [RegExp, string])[] = [
  [/Kernel panic - not syncing/, 'the kernel panicked'],
  [/^(?:\[ *\d+\.\d+\] )?reboot: Restarting system/m, 'the machine restarted'],
  [/^(?:\[ *\d+\.\d+\] )?reboot: Power down/m, 'the machine switched itself off'],
];

function hopelessReason(console: string): string | null {
  const tail = lastConsoleLines(console, 40).join('\n');
  return deadEnds.find(([sign]) => sign.test(tail))?.[1] ?? null;
}
