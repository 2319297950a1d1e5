// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdirSync, rmSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { BuildEvent } from '../../lib/model/event.ts';
import { openAccount } from './account.ts';
import { allocatedBytes } from './allocated-bytes.ts';
import { costOfParts } from './cost-of-parts.ts';
import type { PartCosts } from './cost-of-parts.ts';
import { watchMemory } from './watch-memory.ts';
import type { Workbench } from './scenarios.ts';

/** What one build took. Seconds and bytes. */
export type Measurement = {
  readonly wallSeconds: number;
  /** User and system time of all processes, as the kernel's accounting gives it. */
  readonly cpuSeconds: number;
  /** The same, as a parent is told of the children it has waited for: a check of the first. */
  readonly cpuSecondsOfWaited: number;
  readonly peakOfBuilder: number;
  readonly peakOfAll: number;
  /** Sent to the file system by all processes, what was deleted before the disk saw it included. */
  readonly writtenBytes: number;
  readonly storeGrewBytes: number;
  readonly outputBytes: number;
  readonly parts: PartCosts;
};

export type Run = Workbench & { readonly argv: readonly string[] };

/** Runs a build and measures it. @throws Error with what the build said when it fails. */
export async function measureRun(run: Run): Promise<Measurement> {
  rmSync(run.outputs, { recursive: true, force: true });
  mkdirSync(run.outputs);
  const storeBefore = allocatedBytes(run.cache);
  const account = openAccount();
  try {
    const { events, waited, wallSeconds, peaks } = await follow(run, account.joinFile);
    return {
      wallSeconds,
      cpuSeconds: account.cpuSeconds() ?? waited.cpuSeconds,
      cpuSecondsOfWaited: waited.cpuSeconds,
      peakOfBuilder: peaks.builder,
      peakOfAll: peaks.all,
      writtenBytes: waited.writtenBytes,
      storeGrewBytes: allocatedBytes(run.cache) - storeBefore,
      outputBytes: allocatedBytes(run.outputs),
      parts: costOfParts(events, wallSeconds),
    };
  } finally {
    account.close();
  }
}

/**
 * The build's parent: joins the account, runs the words, then tells what its children took. The worker is the first
 * process of a PID namespace, so even what a hook leaves behind is waited for when that ends.
 */
const parent = `
    if [ -n "$1" ]; then echo $$ >"$1"; fi
    shift
    "$@"
    status=$?
    { times; cat "/proc/$$/io"; } >&3
    exit "$status"
`;

async function follow(run: Run, joinFile: string) {
  const start = performance.now();
  const child = spawn('bash', ['-c', parent, 'bench', joinFile, ...run.argv], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ELEMENTS_PATH: run.elements },
  });
  const memory = watchMemory(child.pid ?? 0);
  const texts = [
    linesOf(child.stdout),
    linesOf(child.stderr),
    linesOf(child.stdio[3] as Readable | null),
  ] as const;
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const wallSeconds = (performance.now() - start) / 1000;
  const peaks = memory.stop();
  const [events, errors, told] = await Promise.all(texts);
  if (status !== 0) throw new Error(`${run.argv.join(' ')}: status ${status}\n${errors.join('\n')}`);
  const said = events.map((line) => JSON.parse(line) as BuildEvent);
  return { events: said, waited: readWaited(told), wallSeconds, peaks };
}

async function linesOf(stream: Readable | null): Promise<readonly string[]> {
  const lines: string[] = [];
  if (stream === null) return lines;
  for await (const line of createInterface({ input: stream })) lines.push(line);
  return lines;
}

/** Second line of `times`: user and system time of the children, as in `1m2.345s 0m6.789s`. */
function readWaited(lines: readonly string[]) {
  const spans = [...(lines[1] ?? '').matchAll(/(\d+)m([\d.]+)s/g)];
  const cpuSeconds = spans.reduce(
    (sum, [, minutes, seconds]) => sum + Number(minutes) * 60 + Number(seconds),
    0,
  );
  const count = (name: string): number =>
    Number(lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2) ?? 0);
  return { cpuSeconds, writtenBytes: count('write_bytes') - count('cancelled_write_bytes') };
}
