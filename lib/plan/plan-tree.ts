// SPDX-License-Identifier: Apache-2.0
import type { Element, Hook } from '../model/element.ts';
import type { HookStep, PackagesStep, Step } from '../model/plan.ts';
import type { PhaseName } from '../model/phases.ts';
import { phaseNamed, phaseNames, phasesOfRamdisk, phasesOnDisk } from '../model/phases.ts';

/** The steps that grow the tree, in order; the packages of `-p` follow the hooks of install.d. */
export function planTree(
  hooks: readonly Hook[],
  elements: readonly Element[],
  packages: readonly string[],
): readonly Step[] {
  const neverCached = new Map(elements.map(({ name, settings }) => [name, settings.neverCached]));
  return phaseNames
    .filter((phase) => !phasesOfRamdisk.includes(phase))
    .flatMap((phase) => [
      ...hooks
        .filter((hook) => hook.phase === phase)
        .map((hook) => hookStep(hook, neverCached.get(hook.element) ?? [])),
      ...(phase === 'install.d' ? packagesStep(phase, packages) : []),
    ]);
}

/** What is done to a mounted file system leaves no layer: it is done in every build. */
export const withoutLayersOnDisk = (steps: readonly Step[]): readonly Step[] =>
  steps.map((step) =>
    step.kind === 'hook' && phasesOnDisk.includes(step.phase) ? { ...step, cached: false } : step,
  );

function hookStep({ phase, element, script }: Hook, neverCached: readonly PhaseName[]): HookStep {
  const { runsIn, cached } = phaseNamed(phase);
  return { kind: 'hook', phase, element, script, runsIn, cached: cached && !neverCached.includes(phase) };
}

const packagesStep = (phase: PhaseName, install: readonly string[]): readonly PackagesStep[] =>
  install.length === 0 ? [] : [{ kind: 'packages', phase, install }];
