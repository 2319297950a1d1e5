// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { measureGrowth } from './growth/measure-growth.ts';
import { growths } from './growth/growths.ts';
import { measureTable } from './measure-table.ts';
import { measureRamdisk } from './ramdisk/measure-ramdisk.ts';
import { pairKinds } from './ramdisk/pairs.ts';
import { rows } from './rows.ts';
import { sweep } from './sweep.ts';
import { openWorkbench } from './workbench.ts';

/** Measures builds and writes the results into test/bench. Started by `npm run bench`, in the checkout. */
async function main(): Promise<void> {
  const { part, ...options } = readArguments();
  const bench = openWorkbench(process.cwd(), options.directory);
  const stop = stopOnSignals();
  try {
    await parts[part].measure({ bench, stop, ...options });
  } catch (error) {
    if (!stop.aborted) throw error;
    console.error('\ninterrupted: what was measured is kept, everything else is being removed');
    process.exitCode = 130;
  } finally {
    sweep(bench.place);
  }
}

/** What can be measured, and the names that `--only` takes there. */
const parts = {
  table: { measure: measureTable, entries: rows },
  growth: { measure: measureGrowth, entries: growths },
  ramdisk: { measure: measureRamdisk, entries: pairKinds },
} as const;

function readArguments() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      directory: { type: 'string', default: '/var/tmp' },
      only: { type: 'string', default: '' },
      growth: { type: 'boolean', default: false },
      ramdisk: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number above 0');
  if (values.growth && values.ramdisk)
    throw new Error('--growth and --ramdisk are measured one after the other');
  const part = values.growth ? 'growth' : values.ramdisk ? 'ramdisk' : 'table';
  const known: readonly string[] = parts[part].entries.map(({ name }) => name);
  const only = values.only === '' ? known : values.only.split(',');
  const strange = only.filter((name) => !known.includes(name));
  if (strange.length > 0)
    throw new Error(`--only: there is no ${strange.join(', ')}, but ${known.join(', ')}`);
  return { part, rounds, directory: values.directory, only } as const;
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => controller.abort(new Error(signal)));
  return controller.signal;
}

await main();
