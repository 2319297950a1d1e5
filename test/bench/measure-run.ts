// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Readable } from 'node:stream';
import type { BuildEvent } from '../../lib/model/event.ts';
import { openAccount } from './account.ts';
import { allocatedBytes } from './allocated-bytes.ts';
import { costOfParts } from './cost-of-parts.ts';
import type { PartCosts } from './cost-of-parts.ts';
import { watchMemory } from './watch-memory.ts';

/** What one command took. Seconds and bytes. */
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
  readonly cacheGrewBytes: number;
  readonly outputBytes: number;
  /** Null for commands that tell no events. */
  readonly parts: PartCosts | null;
};

/** A command, what it sees of the environment, and the directories that are looked at before and after. */
export type Run = {
  readonly argv: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly cache: string;
  readonly outputs: string;
};

/** Runs a command and measures it. @throws Error with the end of what it said when it fails. */
export async function measureRun(run: Run, stop: AbortSignal): Promise<Measurement> {
  const cacheBefore = allocatedBytes(run.cache);
  const account = openAccount();
  try {
    const { events, waited, wallSeconds, peaks } = await follow(run, account.joinFile, stop);
    return {
      wallSeconds,
      cpuSeconds: account.cpuSeconds() ?? waited.cpuSeconds,
      cpuSecondsOfWaited: waited.cpuSeconds,
      peakOfBuilder: peaks.builder,
      peakOfAll: peaks.all,
      writtenBytes: waited.writtenBytes,
      cacheGrewBytes: allocatedBytes(run.cache) - cacheBefore,
      outputBytes: allocatedBytes(run.outputs),
      parts: events.length === 0 ? null : costOfParts(events, wallSeconds),
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

async function follow(run: Run, joinFile: string, stop: AbortSignal) {
  stop.throwIfAborted();
  const start = performance.now();
  const child = spawn('bash', ['-c', parent, 'bench', joinFile, ...run.argv], {
    stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
    env: run.environment,
    // A group of its own, so that an interrupt reaches the build once, and from here.
    detached: true,
  });
  const kill = (): void => void process.kill(-(child.pid ?? 0), 'SIGTERM');
  stop.addEventListener('abort', kill);
  const memory = watchMemory(child.pid ?? 0);
  const texts = [
    linesOf(child.stdout),
    linesOf(child.stderr),
    linesOf(child.stdio[3] as Readable | null),
  ] as const;
  const status = await new Promise<number | null>((resolve) => child.once('close', resolve));
  const wallSeconds = (performance.now() - start) / 1000;
  stop.removeEventListener('abort', kill);
  const peaks = memory.stop();
  const [output, errors, told] = await Promise.all(texts);
  stop.throwIfAborted();
  if (status !== 0) {
    const said = [...output.slice(-LINES_OF_FAILURE), ...errors.slice(-LINES_OF_FAILURE)].join('\n');
    throw new Error(`${run.argv.join(' ')}: status ${status}\n${said}`);
  }
  const events = run.argv.includes('--progress=json')
    ? output.map((line) => JSON.parse(line) as BuildEvent)
    : [];
  return { events, waited: readWaited(told), wallSeconds, peaks };
}

const LINES_OF_FAILURE = 20;

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
