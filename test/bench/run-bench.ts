// SPDX-License-Identifier: Apache-2.0
import { parseArgs } from 'node:util';
import { measureGrowth } from './growth/measure-growth.ts';
import { growths } from './growth/growths.ts';
import { measureTable } from './measure-table.ts';
import { rows } from './rows.ts';
import { sweep } from './sweep.ts';
import { openWorkbench } from './workbench.ts';

/** Measures builds and writes the results into test/bench. Started by `npm run bench`, in the checkout. */
async function main(): Promise<void> {
  const { isGrowth, ...options } = readArguments();
  const bench = openWorkbench(process.cwd(), options.directory);
  const stop = stopOnSignals();
  try {
    await (isGrowth ? measureGrowth : measureTable)({ bench, stop, ...options });
  } catch (error) {
    if (!stop.aborted) throw error;
    console.error('\ninterrupted: what was measured is kept, everything else is being removed');
    process.exitCode = 130;
  } finally {
    sweep(bench.place);
  }
}

function readArguments() {
  const { values } = parseArgs({
    options: {
      rounds: { type: 'string', default: '3' },
      directory: { type: 'string', default: '/var/tmp' },
      only: { type: 'string', default: '' },
      growth: { type: 'boolean', default: false },
    },
  });
  const rounds = Number(values.rounds);
  if (!Number.isInteger(rounds) || rounds < 1) throw new Error('--rounds takes a whole number above 0');
  const known = (values.growth ? growths : rows).map(({ name }) => name);
  const only = values.only === '' ? known : values.only.split(',');
  const strange = only.filter((name) => !known.includes(name));
  if (strange.length > 0)
    throw new Error(`--only: there is no ${strange.join(', ')}, but ${known.join(', ')}`);
  return { isGrowth: values.growth, rounds, directory: values.directory, only };
}

function stopOnSignals(): AbortSignal {
  const controller = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => controller.abort(new Error(signal)));
  return controller.signal;
}

await main();
