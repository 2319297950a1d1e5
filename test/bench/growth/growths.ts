// SPDX-License-Identifier: Apache-2.0
import { measureRun } from '../measure-run.ts';
import type { Run } from '../measure-run.ts';
import { writeElementFile } from '../workbench.ts';
import type { Workbench } from '../workbench.ts';
import { countLayers, emptyCache, listing, tinyBuild, writeHooks, writeLastHook } from './tiny-builds.ts';

/** Something that grows while the rest of a build stays the same, measured at some sizes. */
export type Growth = {
  readonly name: 'size' | 'hooks' | 'store';
  readonly sizes: readonly number[];
  /** How long a round at all sizes takes on two slow cores, for the estimate at the start. */
  readonly aboutSeconds: number;
  /** Brings a size about, before all rounds. Gives the size that came of it. */
  readonly prepare: (bench: Workbench, size: number, stop: AbortSignal) => Promise<number>;
  readonly scenarios: readonly Scenario[];
};

export type ScenarioName = 'cold' | 'unchanged' | 'last hook changed' | 'cache ls';

/** Measured once in each round, in this order. */
export type Scenario = {
  readonly name: ScenarioName;
  readonly prepare: (bench: Workbench, round: number) => void;
  readonly run: (bench: Workbench) => Run;
};

const LAST = 'bench-last-hook';

export const growths: readonly Growth[] = [
  {
    name: 'size',
    sizes: [0.3, 1, 3],
    aboutSeconds: 160,
    prepare: (bench, size) => {
      const words = `export BENCH_PAYLOAD_MIB=${Math.round((size * 1e9) / 2 ** 20)}\n`;
      writeElementFile(bench, 'bench-payload/environment.d/50-bench-payload.bash', words);
      return Promise.resolve(size);
    },
    scenarios: scenariosOf('tiny-os', 'bench-payload', LAST),
  },
  {
    name: 'hooks',
    sizes: [5, 40, 120],
    aboutSeconds: 45,
    prepare: (bench, size) => {
      // tiny-os and the last one have a hook each.
      writeHooks(bench, 'bench-hooks', size - 2);
      return Promise.resolve(size);
    },
    scenarios: scenariosOf('tiny-os', 'bench-hooks', LAST),
  },
  {
    name: 'store',
    sizes: [10, 50, 100, 250, 500],
    aboutSeconds: 30,
    prepare: fillStore,
    scenarios: [
      { name: 'unchanged', prepare: () => undefined, run: tinyBuild('tiny-os', 'bench-hooks', LAST) },
      { name: 'cache ls', prepare: () => undefined, run: listing },
    ],
  },
];

function scenariosOf(...words: readonly string[]): readonly Scenario[] {
  const run = tinyBuild(...words);
  return [
    { name: 'cold', prepare: emptyCache, run },
    { name: 'unchanged', prepare: () => undefined, run },
    { name: 'last hook changed', prepare: (bench, round) => writeLastHook(bench, `round ${round}`), run },
  ];
}

/**
 * Fills the store with layers of another image, made by hooks as any others, beside those of the small image whose
 * unchanged build is measured.
 */
async function fillStore(bench: Workbench, size: number, stop: AbortSignal): Promise<number> {
  if (size === growths.find(({ name }) => name === 'store')?.sizes[0]) {
    emptyCache(bench);
    // About half of so few layers are made by phases that have no hook here.
    writeHooks(bench, 'bench-hooks', size - 6);
    await measureRun(tinyBuild('tiny-os', 'bench-hooks', LAST)(bench), stop);
  }
  const missing = size - countLayers(bench);
  if (missing > 0) {
    writeHooks(bench, 'bench-filler', missing, String(size));
    await measureRun(tinyBuild('-t', 'tar', 'tiny-os', 'bench-filler')(bench), stop);
  }
  return countLayers(bench);
}
