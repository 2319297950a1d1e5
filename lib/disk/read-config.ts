// SPDX-License-Identifier: Apache-2.0
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem } from '../model/problem.ts';
import type { LocatedValue, NodePath } from '../yaml/located-yaml.ts';
import { problemAt } from '../yaml/located-yaml.ts';
import type { ConfigEntry } from './config-entry.ts';
import { isRecord } from './config-entry.ts';
import { isNodeKind, nodeKinds } from './nodes/index.ts';

/**
 * Brings a configuration into graph form: every nested node becomes an entry of its own, with the node around it
 * as `base`, and stands before it. A node without a name is called `KIND_BASE`. Source: dib-contract §2.10.
 */
export function readConfig(document: LocatedValue, problems: Problem[]): readonly ConfigEntry[] {
  if (!Array.isArray(document.value) || document.value.length === 0) {
    problems.push(
      problemAt(document, [], { message: 'a block-device configuration must be a list of nodes' }),
    );
    return [];
  }
  return document.value.flatMap((item: unknown, index) => readItem(document, item, index, problems));
}

function readItem(
  document: LocatedValue,
  item: unknown,
  index: number,
  problems: Problem[],
): readonly ConfigEntry[] {
  const reject = (message: string, ...hints: readonly string[]): readonly ConfigEntry[] => {
    problems.push(problemAt(document, [index], { message, hints }));
    return [];
  };
  if (!isRecord(item)) return reject('an entry of a block-device configuration must be a map with one node');
  const [plugin, ...others] = Object.keys(item);
  if (plugin === undefined || others.length > 0) {
    const found = Object.keys(item).join(', ') || 'nothing';
    return reject(
      `an entry must hold exactly one node, not ${found}`,
      'begin each node with `- ` at the top level',
    );
  }
  if (!isNodeKind(plugin)) {
    const known = Object.keys(nodeKinds);
    return reject(
      `there is no kind of node called ${plugin}`,
      ...didYouMean(plugin, known),
      `known: ${known.join(', ')}`,
    );
  }
  const values = item[plugin];
  if (!isRecord(values)) return reject(`the node ${plugin} must be a map of keys`);
  return flatten({ plugin, values, document, path: [index, plugin] });
}

/** The entries nested in an entry, each after its own, then the entry itself. */
function flatten(given: ConfigEntry): readonly ConfigEntry[] {
  const entry = { ...given, values: withName(given) };
  const name = entry.values['name'];
  const { own, nested } = takeNestedOut(entry, name, entry.path);
  const items = own['partitions'];
  if (entry.plugin !== 'partitioning' || !Array.isArray(items)) return [...nested, { ...entry, values: own }];
  const fromItems: ConfigEntry[] = [];
  const partitions = items.map((item: unknown, index) => {
    if (!isRecord(item)) return item;
    const taken = takeNestedOut({ ...entry, values: item }, item['name'], [
      ...entry.path,
      'partitions',
      index,
    ]);
    fromItems.push(...taken.nested);
    return taken.own;
  });
  return [...nested, ...fromItems, { ...entry, values: { ...own, partitions } }];
}

function withName({ plugin, values }: ConfigEntry): ConfigEntry['values'] {
  const { base, name } = values;
  return name == null && typeof base === 'string' ? { ...values, name: `${plugin}_${base}` } : values;
}

function takeNestedOut(
  entry: ConfigEntry,
  base: unknown,
  path: NodePath,
): { readonly own: ConfigEntry['values']; readonly nested: readonly ConfigEntry[] } {
  const own: Record<string, unknown> = {};
  const nested: ConfigEntry[] = [];
  for (const [key, value] of Object.entries(entry.values)) {
    if (isNodeKind(key) && isRecord(value)) {
      nested.push(
        ...flatten({
          plugin: key,
          values: { ...value, base },
          document: entry.document,
          path: [...path, key],
        }),
      );
    } else own[key] = value;
  }
  return { own, nested };
}
