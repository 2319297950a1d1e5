// SPDX-License-Identifier: Apache-2.0
import type { Problem } from '../model/problem.ts';
import { entryProblem } from './config-entry.ts';
import type { LayoutNode, NodeBody } from './layout-node.ts';
import { nodesOf } from './layout-node.ts';

/** What can only be seen with all nodes in view: names, labels and mount points used twice, and unfit bases. */
export function checkNodes(nodes: readonly LayoutNode[], problems: Problem[]): void {
  reportRepeated(
    nodes,
    ({ name }) => name,
    (name) => `two nodes are called ${name}`,
    problems,
  );
  reportRepeated(
    nodesOf(nodes, 'file-system'),
    ({ body }) => body.label,
    (label) => `two file systems have the label ${label}`,
    problems,
  );
  reportRepeated(
    nodesOf(nodes, 'mount').filter(({ body }) => body.mountPoint !== 'none'),
    ({ body }) => body.mountPoint,
    (mountPoint) => `two file systems are mounted at ${mountPoint}`,
    problems,
  );
  reportTablesAndFileSystems(nodes, problems);
  for (const node of nodes) checkBase(node, nodes, problems);
  checkImageDisk(nodes, problems);
}

function reportRepeated<Node extends Pick<LayoutNode, 'entry'>>(
  nodes: readonly Node[],
  keyOf: (node: Node) => string,
  messageFor: (key: string) => string,
  problems: Problem[],
): void {
  const seen = new Set<string>();
  for (const node of nodes) {
    const key = keyOf(node);
    if (seen.has(key)) problems.push(entryProblem(node.entry, [], messageFor(key)));
    seen.add(key);
  }
}

/** A disk, partition or volume holds one thing: a file system, or a partition table. */
function reportTablesAndFileSystems(nodes: readonly LayoutNode[], problems: Problem[]): void {
  const tables = nodesOf(nodes, 'partition').filter(({ body }) => isFirstOfTable(body.table, nodes, body));
  const holders = [
    ...tables.map(({ entry, body }) => ({ entry, base: body.table.base })),
    ...nodesOf(nodes, 'file-system').map(({ entry, body }) => ({ entry, base: body.base })),
  ];
  reportRepeated(
    holders,
    ({ base }) => base,
    (base) => `${base} is given two things to hold`,
    problems,
  );
}

function isFirstOfTable(table: unknown, nodes: readonly LayoutNode[], body: NodeBody): boolean {
  return nodesOf(nodes, 'partition').find((node) => node.body.table === table)?.body === body;
}

const fitBases: Partial<Record<NodeBody['kind'], readonly NodeBody['kind'][]>> = {
  partition: ['disk'],
  'file-system': ['disk', 'partition', 'volume'],
  mount: ['file-system'],
  fstab: ['mount'],
};

function checkBase(node: LayoutNode, nodes: readonly LayoutNode[], problems: Problem[]): void {
  const base =
    node.body.kind === 'partition' ? node.body.table.base : 'base' in node.body ? node.body.base : null;
  const found = nodes.find(({ name }) => name === base);
  const fit = fitBases[node.body.kind];
  if (found === undefined || fit === undefined || fit.includes(found.body.kind)) return;
  const message = `${node.name} stands on ${found.name}, which is not a ${fit.join(' or a ')}`;
  problems.push(entryProblem(node.entry, ['base'], message));
}

/** One disk becomes the image: the only one, or the one called image0. */
function checkImageDisk(nodes: readonly LayoutNode[], problems: Problem[]): void {
  const disks = nodesOf(nodes, 'disk');
  const [first] = disks;
  if (disks.length < 2 || first === undefined || disks.some(({ name }) => name === 'image0')) return;
  const names = disks.map(({ name }) => name).join(', ');
  problems.push(
    entryProblem(
      first.entry,
      ['name'],
      `none of the disks ${names} is called image0, the one that becomes the image`,
    ),
  );
}
