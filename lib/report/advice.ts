// SPDX-License-Identifier: Apache-2.0
import { isCachedPhase, phasesOnDisk } from '../model/phases.ts';
import type { BuildPlan, OutputRecipe } from '../model/plan.ts';
import type { Cost } from './costs.ts';
import type { BuildHistory, EndedStep } from './history.ts';

/** What was asked for, as far as advice depends on it. */
export type AskedFor = Pick<BuildPlan, 'outputs' | 'elements' | 'execution' | 'disk'>;

export type Facts = { readonly plan: AskedFor; readonly history: BuildHistory };

/** What would make a costly thing cheaper, in one sentence; null: nothing that is known. */
export function adviceOn(cost: Cost, facts: Facts): string | null {
  for (const advise of advisers[cost.kind]) {
    const text = advise(cost, facts);
    if (text !== null) return text;
  }
  return null;
}

type Adviser = (cost: Cost, facts: Facts) => string | null;

/** The first that has something to say is heard. */
const advisers: Readonly<Record<Cost['kind'], readonly Adviser[]>> = {
  start: [],
  hook: [
    ofHook(alwaysRuns),
    ofHook(neverCached),
    ofHook(runsOnDevices),
    ofKeptHook(cacheNotUsed),
    ofKeptHook(tooOld),
    ofKeptHook(firstBuild),
    ofKeptHook(behindAnother),
  ],
  disk: [imageOnDisk],
  output: [ofOutput(compression), imageCopied],
};

function ofHook(advise: (step: EndedStep, facts: Facts) => string | null): Adviser {
  return (cost, facts) => (cost.kind === 'hook' ? advise(cost.step, facts) : null);
}

/** Of phases whose layers are kept. */
function ofKeptHook(advise: (step: EndedStep, facts: Facts) => string | null): Adviser {
  return ofHook((step, facts) => (isKept(step) ? advise(step, facts) : null));
}

const isKept = ({ phase }: EndedStep): boolean => isCachedPhase(phase);

/** Below this moving a hook to another phase is not worth the trouble. */
const WORTH_MOVING_MILLISECONDS = 2000;

function alwaysRuns(step: EndedStep): string | null {
  const { phase, milliseconds } = step;
  if (isKept(step) || milliseconds === null || milliseconds < WORTH_MOVING_MILLISECONDS) return null;
  return `hooks of ${phase} run in every build: what root.d and install.d make is kept`;
}

function neverCached({ phase, element }: EndedStep, { plan }: Facts): string | null {
  const found = plan.elements.find(({ name }) => name === element);
  if (found?.neverCached.some((name) => name === phase) !== true) return null;
  return `it runs in every build, as element.yaml of ${element} says \`cache: never\` for ${phase}`;
}

function runsOnDevices({ phase }: EndedStep, { plan }: Facts): string | null {
  if (plan.disk?.madeWith.way !== 'devices' || !phasesOnDisk.some((name) => name === phase)) return null;
  return `hooks of ${phase} run in every build that needs devices: ${plan.disk.madeWith.reason}`;
}

function cacheNotUsed(_: EndedStep, { plan }: Facts): string | null {
  if (plan.execution.store.reuse) return null;
  return 'without --no-cache (DIB_NO_CACHE) hooks that have not changed are reused';
}

function tooOld(_: EndedStep, { history }: Facts): string | null {
  if (!history.circumstances.includes('layer-too-old')) return null;
  return 'layers of earlier builds were older than DIB_CACHE_MAX_AGE allows';
}

function firstBuild(_: EndedStep, { history }: Facts): string | null {
  if (history.steps.some(({ milliseconds }) => milliseconds === null)) return null;
  return 'nothing was stored yet: the next build reuses what has not changed';
}

/** A step is invalidated by the first before it that had to run. */
function behindAnother(step: EndedStep, { history }: Facts): string | null {
  const first = history.steps.find((other) => other.milliseconds !== null && isKept(other));
  if (first === undefined || first.step >= step.step) return null;
  return `it ran as ${first.title} did, before it: what changes often costs least when it comes last`;
}

function imageOnDisk(_: Cost, { history }: Facts): string | null {
  if (!history.circumstances.includes('image-on-disk')) return null;
  return 'there was too little memory free to make it there: see --min-tmpfs (DIB_MIN_TMPFS)';
}

function imageCopied(cost: Cost, { history }: Facts): string | null {
  if (cost.kind !== 'output' || cost.output.format !== 'raw') return null;
  if (!history.circumstances.includes('image-copied')) return null;
  return 'it was copied from another file system: TMPDIR on that of the output makes it a rename';
}

function ofOutput(advise: (recipe: OutputRecipe, format: string) => string | null): Adviser {
  return (cost, { plan }) => {
    if (cost.kind !== 'output' || cost.output.isReused) return null;
    const { file } = cost.output;
    const planned = plan.outputs.find((output) => output.file === file);
    return planned === undefined ? null : advise(planned.recipe, planned.format);
  };
}

function compression(recipe: OutputRecipe, format: string): string | null {
  if (recipe.kind === 'qcow2' && recipe.compress)
    return 'DIB_QCOW2_COMPRESSION=zstd is faster than zlib, -u (uncompressed, larger) faster still';
  if (recipe.kind !== 'command') return null;
  const has = (...words: readonly string[]): boolean => words.every((word) => recipe.argv.includes(word));
  if (format === 'qcow2' && has('-c')) return '-u leaves it uncompressed: larger, and made sooner';
  if (format === 'tgz') return '-t tar.zst is made several times faster, and smaller';
  if (format !== 'squashfs' || !has('-comp', 'xz')) return null;
  return 'DIB_SQUASHFS_COMPRESSION=zstd is faster than xz, lz4 much faster, and larger';
}
