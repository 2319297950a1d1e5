// SPDX-License-Identifier: Apache-2.0
import type { VolumeGroup } from '../../model/layout.ts';
import type { ConfigEntry } from '../config-entry.ts';
import { entryProblem, listedEntries, optionalText, optionalWords, requiredText } from '../config-entry.ts';
import type { LayoutNode, NodeKind, ReadContext } from '../layout-node.ts';
import { parseSize } from '../parse-size.ts';

/** Physical volumes, volume groups and logical volumes: each is a node, in that order, after one for them all. */
export const lvm: NodeKind = {
  keys: ['name', 'base', 'pvs', 'vgs', 'lvs'],
  read(entry, context) {
    const name = requiredText(entry, 'name', context.problems);
    const items = (key: string, called: string): readonly ConfigEntry[] =>
      listedEntries(entry, { key, called }, context.problems);
    const groups = items('vgs', 'a volume group').map((item) => readGroup(item, context));
    const volumes = items('lvs', 'a logical volume').map((item) => readVolume(item, context));
    const physical = items('pvs', 'a physical volume').map((item) => readPhysical(item, name, context));
    const volumeGroups = groups.map((group) => withVolumes(group, volumes));
    const all: LayoutNode = {
      name,
      comesAfter: physical.flatMap(({ comesAfter }) => comesAfter.slice(1)),
      entry,
      body: { kind: 'volume-groups', volumeGroups },
    };
    return [all, ...physical, ...groups.map(groupNode), ...volumes.map(({ node }) => node)];
  },
};

type Group = {
  readonly item: ConfigEntry;
  readonly name: string;
  readonly physicalVolumes: readonly string[];
};
type Volume = {
  readonly node: LayoutNode;
  readonly group: string;
  readonly size: ReturnType<typeof parseSize>;
  readonly extents: string | null;
};

function readPhysical(item: ConfigEntry, after: string, { problems }: ReadContext): LayoutNode {
  const name = requiredText(item, 'name', problems);
  const base = requiredText(item, 'base', problems);
  return { name, comesAfter: [after, base], entry: item, body: { kind: 'step' } };
}

function readGroup(item: ConfigEntry, { problems }: ReadContext): Group {
  const name = requiredText(item, 'name', problems);
  const physicalVolumes = optionalWords(item, 'base', problems) ?? [];
  if (physicalVolumes.length === 0) {
    problems.push(entryProblem(item, [], `the volume group ${name} needs \`base\`, its physical volumes`));
  }
  return { item, name, physicalVolumes };
}

const groupNode = ({ item, name, physicalVolumes }: Group): LayoutNode => ({
  name,
  comesAfter: physicalVolumes,
  entry: item,
  body: { kind: 'step' },
});

function readVolume(item: ConfigEntry, { problems }: ReadContext): Volume {
  const name = requiredText(item, 'name', problems);
  const group = requiredText(item, 'base', problems);
  const pool = optionalText(item, 'thin-pool', problems);
  const extents = optionalText(item, 'extents', problems);
  const size = item.values['size'] == null ? null : parseSize(item.values['size']);
  if ((size === null) === (extents === null)) {
    problems.push(entryProblem(item, [], `the logical volume ${name} needs either \`size\` or \`extents\``));
  }
  const comesAfter = pool === null ? [group] : [group, pool];
  return { node: { name, comesAfter, entry: item, body: { kind: 'volume' } }, group, size, extents };
}

const withVolumes = ({ name, physicalVolumes }: Group, volumes: readonly Volume[]): VolumeGroup => ({
  name,
  physicalVolumes,
  volumes: volumes
    .filter(({ group }) => group === name)
    .map(({ node, size, extents }) => ({ name: node.name, size, extents })),
});
