// SPDX-License-Identifier: Apache-2.0
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPairConsole } from '../../../lib/boot/console-session.ts';
import type { BootPair } from '../../../lib/boot/inspect-pair.ts';
import { plainNetwork } from '../../../lib/boot/machine-network.ts';
import { realHost } from '../../../lib/host/real-host.ts';
import { describeMachine } from '../describe-machine.ts';
import type { BenchOptions } from '../measure-table.ts';
import { restoreElements } from '../workbench.ts';
import { writeBetweenMarks } from '../write-between-marks.ts';
import { describePairs, initBegins } from './describe-pairs.ts';
import type { PairBoot, PairRun } from './describe-pairs.ts';
import { pairKinds } from './pairs.ts';
import type { PairKind } from './pairs.ts';

const memoryMebibytes = 1024;

/** Builds each pair once and boots it as often as there are rounds, all in turn; a pair that fails loses only its own figures. */
export async function measureRamdisk(options: BenchOptions): Promise<void> {
  const { bench, rounds, stop, only } = options;
  restoreElements(bench);
  const made = new Map<PairKind, BootPair>();
  for (const kind of pairKinds.filter(({ name }) => only.includes(name)))
    await attempt(kind.name, stop, async () => void made.set(kind, await kind.make(bench, stop)));
  const boots: PairBoot[] = [];
  for (let round = 1; round <= rounds; round++)
    for (const [kind, pair] of made)
      await attempt(kind.name, stop, async () => {
        const boot = { name: kind.name, ...(await bootOnce(kind, pair)), ...sizesOf(pair) };
        boots.push(boot);
        console.log(
          `round ${round}, ${kind.name}: /init begins after ${boot.initSeconds.toFixed(2)} s, ` +
            `ready after ${boot.readySeconds.toFixed(2)} s`,
        );
      });
  record(bench.root, { machine: describeMachine(bench.place), memoryMebibytes, boots });
}

async function attempt(name: string, stop: AbortSignal, work: () => Promise<void>): Promise<void> {
  stop.throwIfAborted();
  try {
    await work();
  } catch (error) {
    stop.throwIfAborted();
    console.error(`${name}: failed\n${error instanceof Error ? error.message : String(error)}`);
  }
}

const sizesOf = ({ kernel, initrd }: BootPair) => ({
  kernelBytes: statSync(kernel).size,
  ramdiskBytes: initrd === null ? 0 : statSync(initrd).size,
});

/** Seconds from the start of the machine. */
async function bootOnce({ ready }: PairKind, pair: BootPair) {
  const start = performance.now();
  const session = await openPairConsole(realHost, pair, {
    ...{ firmware: 'bios', arch: 'x86_64', memoryMebibytes, timeoutSeconds: 300, accelerator: 'tcg' },
    ...{ disks: [], networks: [plainNetwork] },
  });
  const seconds = (): number => (performance.now() - start) / 1000;
  try {
    await session.waitFor(initBegins);
    const initSeconds = seconds();
    await session.waitFor(ready);
    return { initSeconds, readySeconds: seconds() };
  } finally {
    await session.close();
  }
}

/** The figures of pairs that were not measured this time stay. */
function record(root: string, run: PairRun): void {
  const directory = join(root, 'test/bench');
  const file = join(directory, 'results/ramdisk.json');
  mkdirSync(join(directory, 'results'), { recursive: true });
  const before = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as PairRun) : null;
  const isNew = ({ name }: PairBoot): boolean => run.boots.some((boot) => boot.name === name);
  const kept = before?.boots.filter((boot) => !isNew(boot)) ?? [];
  const merged = { ...run, boots: [...kept, ...run.boots] };
  writeFileSync(file, `${JSON.stringify(merged)}\n`);
  writeBetweenMarks(join(directory, 'README.md'), 'ramdisk', describePairs(merged, pairKinds).join('\n'));
  console.log('\nwritten to test/bench/README.md');
}
