// SPDX-License-Identifier: Apache-2.0
import { setTimeout } from 'node:timers/promises';
import type { ProcessEnd } from '../host/start-process.ts';
import type { ScriptResult } from './script-markers.ts';
import { expectationName, ownEnd, viewBoot } from './view-boot.ts';
import type { BootExpectation, BootView } from './view-boot.ts';
import type { VirtualMachine } from './virtual-machine.ts';

export type BootOutcome = {
  /** Why the boot is no good, in words; null: everything that was expected has come. */
  readonly reason: string | null;
  /** From the start of the machine until it was up; null: it never was. */
  readonly bootMilliseconds: number | null;
  /** Null when no script was handed in or it never began. */
  readonly script: ScriptResult | null;
};

export type WaitLimits = { readonly timeoutSeconds: number; readonly signal?: AbortSignal };

/** Guests print in small pieces: the console is looked at when it has been still for a moment or this long. */
const lookMilliseconds = 25;
/** What looks like a dead end may still go on, and should say all of its last words. */
const graceMilliseconds = 2000;

/** Waits until the boot is complete, hopeless, over or too late, whichever comes first. */
export async function waitForBoot(
  machine: VirtualMachine,
  expectation: BootExpectation,
  { timeoutSeconds, signal }: WaitLimits,
): Promise<BootOutcome> {
  const startedAt = performance.now();
  let bootMilliseconds: number | null = null;
  const look = (): BootView => {
    const view = viewBoot(machine.console(), expectation);
    if (view.isUp) bootMilliseconds ??= Math.round(performance.now() - startedAt);
    return view;
  };
  const end = new AbortController();
  const ending = await Promise.race([
    consoleEnds(machine, look, end.signal),
    machine.exited.then((ended) => machineEndReason(ended, machine)),
    after(timeoutSeconds * 1000, end.signal).then(
      () => `no ${expectationName(expectation)} within ${timeoutSeconds} s`,
    ),
    aborted(signal).then(() => 'interrupted'),
  ]);
  end.abort();
  const view = look();
  return {
    bootMilliseconds,
    script: view.script,
    reason: view.isComplete ? scriptReason(view.script) : ending,
  };
}

/** Null: complete; else why there is no hope. */
async function consoleEnds(
  machine: VirtualMachine,
  look: () => BootView,
  stop: AbortSignal,
): Promise<string | null> {
  let seen = -1;
  let hopelessSince: number | null = null;
  while (!stop.aborted) {
    const shown = machine.console().length;
    if (shown !== seen || hopelessSince !== null) {
      seen = shown;
      const { isComplete, hopeless } = look();
      if (isComplete) return null;
      hopelessSince = hopeless === null ? null : (hopelessSince ?? performance.now());
      if (hopelessSince !== null && performance.now() - hopelessSince >= graceMilliseconds) return hopeless;
    }
    await after(lookMilliseconds, stop);
  }
  return null;
}

function scriptReason(script: ScriptResult | null): string | null {
  if (script === null || script.exitStatus === 0) return null;
  return `the script ended with exit status ${script.exitStatus ?? 'none'}`;
}

function machineEndReason(
  { exitStatus, signal, startError }: ProcessEnd,
  { console, complaints }: VirtualMachine,
): string {
  const own = exitStatus === 0 ? ownEnd(console()) : null;
  if (own !== null) return own;
  const said = complaints().trim() === '' ? '' : `: ${complaints().trim()}`;
  const how = startError ?? (signal === null ? `exit status ${exitStatus ?? 'none'}` : signal);
  return `the machine ended by itself (${how})${said}`;
}

/** Resolves after a time, or at once when it is stopped. */
const after = (milliseconds: number, stop: AbortSignal): Promise<void> =>
  setTimeout(milliseconds, undefined, { signal: stop }).catch(() => undefined);

const aborted = (signal: AbortSignal | undefined): Promise<void> =>
  new Promise((resolve) => {
    if (signal?.aborted === true) resolve();
    const options = { once: true };
    signal?.addEventListener('abort', () => resolve(), options);
  });
