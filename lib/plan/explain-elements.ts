// SPDX-License-Identifier: Apache-2.0
import { mergeHooks } from '../elements/merge-hooks.ts';
import type { PreparedElements } from '../elements/prepare-elements.ts';
import type { LoadedElement } from '../elements/read-element.ts';
import type { ElementsRequest } from '../elements/resolve-elements.ts';
import {
  environmentFiles,
  evaluateEnvironment,
  lookupIn,
  namedEnvironmentFiles,
} from '../elements/static-environment.ts';
import { baseElement } from '../elements/well-known.ts';
import type { ElementName, HostPath } from '../model/brands.ts';
import type { PlannedPackages, Step } from '../model/plan.ts';
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import { planPackages } from './plan-packages.ts';
import { planTree } from './plan-tree.ts';

/** What a set of elements comes to, as `element show` tells it. Plain JSON. */
export type ElementsExplained = {
  /** Dependencies first, ties by name. */
  readonly elements: readonly ExplainedElement[];
  /** Files of environment.d in the order in which every hook sources them. */
  readonly environment: readonly { readonly file: string; readonly element: ElementName }[];
  /** Every hook in the order in which they run. */
  readonly schedule: readonly Step[];
  readonly packages: readonly PlannedPackages[];
  readonly notes: readonly string[];
};

export type ExplainedElement = {
  readonly name: ElementName;
  readonly directory: HostPath;
  /** Members of the set; where element-deps names what another provides, that one. */
  readonly dependsOn: readonly ElementName[];
  readonly provides: readonly ElementName[];
  /** `always`: `base`, which `-n` leaves out. `default`: nothing names it, and something like it must be there. */
  readonly because: 'named' | 'always' | 'dependency' | 'default';
  /** Members that name it, or what it provides, in element-deps. */
  readonly askedForBy: readonly ElementName[];
};

/** Looks at resolved elements without planning an image. Pure. */
export function explainElements(
  request: ElementsRequest,
  prepared: PreparedElements,
): Result<ElementsExplained> {
  const { elements } = prepared;
  const members = elements.map(({ element }) => element);
  const hooks = mergeHooks(members, request.environment['RUN_PARTS_REGEX']);
  const packages = planPackages(prepared, lookupIn(variablesOf(request, elements)));
  if (!hooks.ok || !packages.ok) {
    return failed(...[hooks, packages].flatMap((result) => (result.ok ? [] : result.problems)));
  }
  return success({
    elements: explainEach(request, elements),
    environment: namedEnvironmentFiles(elements).map(({ file, element }) => ({ file, element })),
    schedule: planTree(hooks.value.hooks, members, []),
    packages: packages.value,
    notes: [...prepared.notes, ...hooks.value.notes],
  });
}

/** What is known of the variables of hooks before there is a disk layout: no package depends on that. */
function variablesOf(
  { arch, environment }: ElementsRequest,
  elements: readonly LoadedElement[],
): ReturnType<typeof evaluateEnvironment> {
  const known = { DIB_DEFAULT_INSTALLTYPE: 'source', ...environment, ARCH: arch };
  return evaluateEnvironment(environmentFiles(elements), known);
}

function explainEach(
  request: ElementsRequest,
  elements: readonly LoadedElement[],
): readonly ExplainedElement[] {
  const members = elements.map(({ element }) => element);
  const provider = new Map(members.flatMap(({ name, provides }) => provides.map((what) => [what, name])));
  const dependencies = new Map(
    members.map(({ name, dependsOn }) => [
      name,
      [...new Set(dependsOn.map((wanted) => provider.get(wanted) ?? wanted))],
    ]),
  );
  return members.map(({ name, directory, provides }) => {
    const askedForBy = members
      .map((member) => member.name)
      .filter((other) => other !== name && dependencies.get(other)?.includes(name));
    return {
      name,
      directory,
      dependsOn: dependencies.get(name) ?? [],
      provides,
      because: reasonFor(name, request, askedForBy),
      askedForBy,
    };
  });
}

function reasonFor(
  name: ElementName,
  request: ElementsRequest,
  askedForBy: readonly ElementName[],
): ExplainedElement['because'] {
  if (request.elements.includes(name)) return 'named';
  if (name === baseElement && request.withBase) return 'always';
  return askedForBy.length > 0 ? 'dependency' : 'default';
}
