// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../model/problem.ts';
import { didYouMean } from '../model/nearest-name.ts';
import { entryProblem } from './config-entry.ts';
import type { LayoutNode } from './layout-node.ts';
import { nodesOf } from './layout-node.ts';

/**
 * The order in which nodes are carried out: generation by generation, each node with the first generation in which
 * everything it comes after is done, and within a generation in the order in which they became free.
 */
export function orderNodes(nodes: readonly LayoutNode[], problems: Problem[]): readonly LayoutNode[] {
  const linked = withMountOrder(nodes);
  const byName = new Map(linked.map((node) => [node.name, node]));
  if (reportUnknown(linked, byName, problems)) return [];
  const followers = new Map<string, string[]>(linked.map(({ name }) => [name, []]));
  const waitingFor = new Map<string, number>();
  for (const { name, comesAfter } of linked) {
    waitingFor.set(name, new Set(comesAfter).size);
    for (const before of new Set(comesAfter)) followers.get(before)?.push(name);
  }
  const ordered = generations(
    linked.map(({ name }) => name),
    followers,
    waitingFor,
  );
  const stuck = linked.filter(({ name }) => !ordered.includes(name));
  const [first] = stuck;
  if (first !== undefined) {
    const names = stuck.map(({ name }) => name).join(', ');
    problems.push(entryProblem(first.entry, [], `these nodes stand on one another in a circle: ${names}`));
  }
  return ordered.flatMap((name) => byName.get(name) ?? []);
}

/** File systems are mounted in plain string order of their mount points, so that `/` comes before `/boot`. */
function withMountOrder(nodes: readonly LayoutNode[]): readonly LayoutNode[] {
  const mounts = nodesOf(nodes, 'mount').toSorted((a, b) => compare(a.body.mountPoint, b.body.mountPoint));
  const before = new Map(mounts.slice(1).map((node, index) => [node.name, mounts[index]?.name]));
  return nodes.map((node) => {
    const previous = node.body.kind === 'mount' ? before.get(node.name) : undefined;
    return previous === undefined ? node : { ...node, comesAfter: [...node.comesAfter, previous] };
  });
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);

function reportUnknown(
  nodes: readonly LayoutNode[],
  known: ReadonlyMap<string, LayoutNode>,
  problems: Problem[],
): boolean {
  const missing = nodes.flatMap((node) =>
    node.comesAfter.filter((name) => name !== '' && !known.has(name)).map((name) => ({ node, name })),
  );
  for (const { node, name } of missing) {
    const message = `${node.name} stands on ${name}, and no node has that name`;
    problems.push(entryProblem(node.entry, ['base'], message, ...didYouMean(name, known.keys())));
  }
  return missing.length > 0 || nodes.some(({ comesAfter }) => comesAfter.includes(''));
}

function generations(
  names: readonly string[],
  followers: ReadonlyMap<string, readonly string[]>,
  waitingFor: Map<string, number>,
): readonly string[] {
  const ordered: string[] = [];
  let ready = names.filter((name) => waitingFor.get(name) === 0);
  while (ready.length > 0) {
    ordered.push(...ready);
    ready = ready.flatMap((name) =>
      (followers.get(name) ?? []).filter((follower) => {
        const left = (waitingFor.get(follower) ?? 0) - 1;
        waitingFor.set(follower, left);
        return left === 0;
      }),
    );
  }
  return ordered;
}
