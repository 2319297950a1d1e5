// SPDX-License-Identifier: Apache-2.0
import type { ElementName } from '../model/brands.ts';
import type { LoadedElement } from './read-element.ts';
import { compareBytes } from '../model/hook-order.ts';

/**
 * Dependencies first, ties by name: of the elements whose dependencies all stand, the first by name comes next.
 * Elements may depend on each other in a circle; such a circle stands in the order of its names.
 */
export function orderElements(
  members: readonly LoadedElement[],
  providers: ReadonlyMap<ElementName, ElementName>,
): readonly LoadedElement[] {
  const remaining = new Map(byName(members).map((member) => [member.element.name, member]));
  const ordered: LoadedElement[] = [];
  while (remaining.size > 0) {
    const next = nextElement(remaining, providers);
    ordered.push(next);
    remaining.delete(next.element.name);
  }
  return ordered;
}

function nextElement(
  remaining: ReadonlyMap<ElementName, LoadedElement>,
  providers: ReadonlyMap<ElementName, ElementName>,
): LoadedElement {
  const reachable = (start: LoadedElement): ReadonlySet<ElementName> => reach(start, remaining, providers);
  for (const [name, member] of remaining) {
    const below = [...reachable(member)];
    const isFree = below.every((other) => {
      const element = remaining.get(other);
      return element === undefined || reachable(element).has(name);
    });
    if (isFree) return member;
  }
  throw new Error('a finite graph has a component that depends on no other');
}

/** Everything still to be placed that an element depends on, itself only through a circle. */
function reach(
  start: LoadedElement,
  remaining: ReadonlyMap<ElementName, LoadedElement>,
  providers: ReadonlyMap<ElementName, ElementName>,
): ReadonlySet<ElementName> {
  const seen = new Set<ElementName>();
  const queue = [start];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    for (const dependency of next.element.dependsOn) {
      const name = providers.get(dependency) ?? dependency;
      const element = remaining.get(name);
      if (element === undefined || seen.has(name)) continue;
      seen.add(name);
      queue.push(element);
    }
  }
  return seen;
}

const byName = (members: readonly LoadedElement[]): readonly LoadedElement[] =>
  [...members].sort((a, b) => compareBytes(a.element.name, b.element.name));
