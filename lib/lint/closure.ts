// SPDX-License-Identifier: Apache-2.0
import type { LoadedElement } from '../elements/read-element.ts';
import type { ElementName } from '../model/brands.ts';
import type { LintTree } from './lint-tree.ts';

/** An element and all that it depends on, as far as they are known. */
export function closureOf(
  start: LoadedElement,
  { known }: LintTree,
): ReadonlyMap<ElementName, LoadedElement> {
  const members = new Map([[start.element.name, start]]);
  const queue = [start];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const name of next.element.dependsOn) {
      const found = known.get(name);
      if (found === undefined || members.has(name)) continue;
      members.set(name, found);
      queue.push(found);
    }
  }
  return members;
}

/** Whether the two can never be in one build: each brings its own provider of one thing, or one stands for the other. */
export function excludeEachOther(first: LoadedElement, second: LoadedElement, tree: LintTree): boolean {
  const ofFirst = providersOf(first, tree);
  const ofSecond = providersOf(second, tree);
  if (ofFirst.has(second.element.name) || ofSecond.has(first.element.name)) return true;
  return [...ofSecond].some(([what, provider]) => (ofFirst.get(what) ?? provider) !== provider);
}

function providersOf(start: LoadedElement, tree: LintTree): ReadonlyMap<ElementName, ElementName> {
  const members = [...closureOf(start, tree).values()];
  return new Map(
    members.flatMap(({ element }) => element.provides.map((what) => [what, element.name] as const)),
  );
}
