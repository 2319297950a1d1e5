// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';

import { carryOutProblems } from '../disk/carry-out-problems.ts';
import { planLayout } from '../disk/plan-layout.ts';
import { hookEnvironment } from '../elements/hook-environment.ts';
import type { MergedHooks } from '../elements/merge-hooks.ts';
import { mergeHooks } from '../elements/merge-hooks.ts';
import type { VariableLookup } from '../elements/package-installs.ts';
import type { PreparedElements } from '../elements/prepare-elements.ts';
import type { StaticEnvironment } from '../elements/static-environment.ts';
import { environmentFiles, evaluateEnvironment, lookupIn } from '../elements/static-environment.ts';
import { targetPath } from '../model/brands.ts';
import type { Element } from '../model/element.ts';
import type { DiskLayout } from '../model/layout.ts';
import type { BuildPlan, ExecutionPlan, PlannedDisk, PlannedElement } from '../model/plan.ts';
import { PLAN_VERSION } from '../model/plan.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { BuildRequest } from '../model/request.ts';
import type { ChosenConfig } from './choose-disk-config.ts';
import { chooseDiskConfig } from './choose-disk-config.ts';
import { deviceUse } from './device-use.ts';
import { planBoot } from './plan-boot.ts';
import { leaveSizeToUser } from './leave-size-to-user.ts';
import type { PlanFacts } from './plan-facts.ts';
import { deviceNeeds, diskNeeds, elementNeeds, mergeNeeds } from './plan-needs.ts';
import type { PlannedOutputs } from './plan-outputs.ts';
import { planOutputs } from './plan-outputs.ts';
import { planPackages } from './plan-packages.ts';
import { planRamdisk } from './plan-ramdisk.ts';
import { planTree, withoutLayersOnDisk } from './plan-tree.ts';

/**
 * Everything that will happen, or every reason why it cannot. Pure: nothing is read, started or written.
 * @param prepared What `prepareElements` made of the same request; its problems are reported with the others.
 */
export function planBuild(
  request: BuildRequest,
  prepared: Result<PreparedElements>,
  facts: PlanFacts,
): Result<BuildPlan> {
  const elements = prepared.ok ? prepared.value.elements : [];
  const bare = elements.map(({ element }) => element);
  const outputs = planOutputs(request, bare);
  const hooks = mergeHooks(bare, request.environment['RUN_PARTS_REGEX']);
  const config = chooseDiskConfig(request, elements);
  const reason = hooks.ok && !request.ramdisk.isHost ? deviceUse(hooks.value.hooks, elements) : null;
  const layout = layoutFrom(config, request, hasDisk(outputs) || reason !== null);
  if (!prepared.ok || !outputs.ok || !hooks.ok || !layout.ok) {
    return failed(...problemsOf(prepared, outputs, hooks, layout));
  }
  const parts = {
    prepared: prepared.value,
    outputs: outputs.value,
    hooks: leaveSizeToUser(hooks.value, request),
    config,
  };
  return assemble(request, { ...parts, layout: layout.value, deviceReason: reason }, facts);
}

type Parts = {
  readonly prepared: PreparedElements;
  readonly outputs: PlannedOutputs;
  readonly hooks: MergedHooks;
  readonly config: ChosenConfig;
  readonly layout: DiskLayout;
  /** Null: no hook needs the image as a device. */
  readonly deviceReason: string | null;
};

function assemble(request: BuildRequest, parts: Parts, facts: PlanFacts): Result<BuildPlan> {
  const { outputs, hooks, layout } = parts;
  const loaded = parts.prepared.elements;
  const elements = loaded.map(({ element }) => element);
  const environment = hookEnvironment({ request, elements, layout, shellLibrary: facts.shellLibrary });
  const lookup = lookupIn(statically(parts.prepared, environment));
  const packages = planPackages(parts.prepared, lookup);
  if (!packages.ok) return packages;
  const madeWith = way(parts.deviceReason);
  const isFromHost = request.ramdisk.isHost;
  const steps = isFromHost ? [] : planTree(hooks.hooks, elements, request.packages);
  const isOnDisk = outputs.outputs.some(({ from }) => from === 'disk');
  // Hooks that use the device get one, whatever is made of the tree afterwards.
  const hasToBeMade = isOnDisk || madeWith.way === 'devices';
  return success({
    version: PLAN_VERSION,
    program: request.program,
    name: basename(request.imageName),
    arch: request.arch,
    release: releaseIn(lookup),
    elements: elements.map(plannedElement),
    environment,
    tree: madeWith.way === 'devices' ? withoutLayersOnDisk(steps) : steps,
    packages: isFromHost ? [] : packages.value,
    fstab: layout.fstab,
    disk: hasToBeMade ? { layout, request: request.disk, madeWith } : null,
    boot: isOnDisk ? planBoot(loaded, layout, { arch: request.arch, lookup }) : null,
    outputs: outputs.outputs,
    ramdisk: planRamdisk(loaded, { outputs: outputs.outputs, hooks: hooks.hooks, environment }),
    needs: mergeNeeds([
      ...(isFromHost ? [] : elementNeeds(loaded)),
      ...(hasToBeMade ? diskNeeds(layout) : []),
      ...(madeWith.way === 'devices' ? deviceNeeds : []),
      ...outputs.needs,
    ]),
    execution: planExecution(request, facts, parts.config),
    notes: [
      ...parts.prepared.notes,
      ...hooks.notes,
      ...outputs.notes,
      ...(hasToBeMade ? parts.config.notes : []),
    ],
  });
}

const way = (reason: string | null): PlannedDisk['madeWith'] =>
  reason === null ? { way: 'files' } : { way: 'devices', reason };

/** The layout counts even when no disk is made: hooks are told its labels. */
function layoutFrom(
  { text, origin }: ChosenConfig,
  { disk, imageName, arch }: BuildRequest,
  mustBeMade: boolean,
): Result<DiskLayout> {
  const seed = [basename(imageName), arch, text].join('\n');
  const layout = planLayout({ config: text, origin, request: disk, seed });
  const problems = layout.ok && mustBeMade ? carryOutProblems(layout.value) : [];
  return problems.length > 0 ? failed(...problems) : layout;
}

const hasDisk = (outputs: Result<PlannedOutputs>): boolean =>
  !outputs.ok || outputs.value.outputs.some(({ from }) => from === 'disk');

function statically(
  { elements }: PreparedElements,
  environment: Readonly<Record<string, string>>,
): StaticEnvironment {
  return evaluateEnvironment(environmentFiles(elements), {
    DIB_DEFAULT_INSTALLTYPE: 'source',
    ...environment,
  });
}

function releaseIn(lookup: VariableLookup): string | null {
  const release = lookup('DIB_RELEASE');
  return typeof release === 'string' || release.value === '' ? null : release.value;
}

const plannedElement = ({ name, directory, digest, settings }: Element): PlannedElement => ({
  name,
  directory,
  digest,
  neverCached: settings.neverCached,
});

const planExecution = (request: BuildRequest, facts: PlanFacts, config: ChosenConfig): ExecutionPlan => ({
  store: request.store,
  debug: request.debug,
  workingDirectory: request.workingDirectory,
  temporaryDirectory: request.temporaryDirectory,
  shellLibrary: facts.shellLibrary,
  hostCommands: facts.hostCommands,
  builder: facts.builder,
  toolStamps: facts.toolStamps,
  hooksInTarget: targetPath('/tmp/in_target.d'),
  diskConfig: config.text,
});

const problemsOf = (...results: readonly Result<unknown>[]): readonly Problem[] =>
  results.flatMap((result) => (result.ok ? [] : result.problems));
