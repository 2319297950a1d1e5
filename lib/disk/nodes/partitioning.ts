// SPDX-License-Identifier: Apache-2.0
import type { Bytes } from '../../model/brands.ts';
import { bytes, MiB } from '../../model/brands.ts';
import type { Partition } from '../../model/layout.ts';
import type { ConfigEntry } from '../config-entry.ts';
import { entryProblem, listedEntries, misspeltKeys, optionalWords, requiredText } from '../config-entry.ts';
import { deriveSerial, deriveUuid } from '../derive-id.ts';
import type { DeclaredTable, LayoutNode, NodeKind, ReadContext } from '../layout-node.ts';
import { parsePartitionSize, parseSize } from '../parse-size.ts';
import { gptType, mbrType, partitionTypeCodes } from '../partition-types.ts';

/** A partition table; each of its partitions is a node, and comes after the one before it. */
export const partitioning: NodeKind = {
  keys: ['name', 'base', 'label', 'align', 'partitions'],
  read(entry, context) {
    const table = readTable(entry, context);
    const items = listedEntries(entry, { key: 'partitions', called: 'a partition' }, context.problems);
    if (items.length === 0) {
      context.problems.push(entryProblem(entry, ['partitions'], 'a partition table needs `partitions`'));
    }
    const partitions = items.map((item) => readPartition(item, table.label, context));
    return numbered(partitions, table.label, context).map(({ item, partition }, index, all): LayoutNode => ({
      name: partition.name,
      comesAfter: [table.base, ...all.slice(Math.max(0, index - 1), index).map((one) => one.partition.name)],
      entry: item,
      body: { kind: 'partition', table, partition },
    }));
  },
};

type Read = { readonly item: ConfigEntry; readonly partition: Omit<Partition, 'number'> };

function readTable(entry: ConfigEntry, { seed, problems }: ReadContext): DeclaredTable {
  const base = requiredText(entry, 'base', problems);
  const label = requiredText(entry, 'label', problems);
  if (label !== '' && label !== 'mbr' && label !== 'gpt') {
    const message = `the partition table ${label} is not known`;
    problems.push(entryProblem(entry, ['label'], message, 'it must be mbr or gpt'));
  }
  const align = readAlign(entry, problems);
  return label === 'gpt'
    ? { base, label, align, id: deriveUuid(seed, `table of ${base}`).toUpperCase() }
    : { base, label: 'mbr', align, id: deriveSerial(seed, `table of ${base}`) };
}

function readAlign(entry: ConfigEntry, problems: ReadContext['problems']): Bytes {
  const align = entry.values['align'] == null ? bytes(MiB) : parseSize(entry.values['align']);
  if (align !== null && align > 0 && align % 4096 === 0) return align;
  const message = `${JSON.stringify(entry.values['align'])} is no alignment of partitions`;
  problems.push(entryProblem(entry, ['align'], message, 'it must be a multiple of 4KiB, as `1MiB` is'));
  return bytes(MiB);
}

function readPartition(item: ConfigEntry, label: 'mbr' | 'gpt', { seed, problems }: ReadContext): Read {
  const name = requiredText(item, 'name', problems);
  const size = parsePartitionSize(item.values['size']);
  if (size === null) {
    const given = item.values['size'];
    const message =
      given == null
        ? `the partition ${name} needs \`size\``
        : `${JSON.stringify(given)} is no size of a partition`;
    problems.push(entryProblem(item, ['size'], message, 'write it as in `8MiB`, or `100%` of what is left'));
  }
  problems.push(...misspeltKeys(item, ['name', 'base', 'size', 'type', 'flags']));
  const flags = readFlags(item, name, label, problems);
  return {
    item,
    partition: {
      name,
      size: size ?? { percentOfFree: 100 },
      type: readType(item, name, label, problems),
      bootable: flags.includes('boot'),
      kind: label === 'gpt' || flags.includes('primary') ? 'primary' : 'logical',
      uuid: label === 'gpt' ? deriveUuid(seed, `partition ${name}`).toUpperCase() : '',
    },
  };
}

function readFlags(
  item: ConfigEntry,
  name: string,
  label: 'mbr' | 'gpt',
  problems: ReadContext['problems'],
): readonly string[] {
  const flags = optionalWords(item, 'flags', problems) ?? [];
  for (const flag of flags) {
    if (flag !== 'boot' && flag !== 'primary') {
      problems.push(entryProblem(item, ['flags'], `the partition ${name} has the unknown flag ${flag}`));
    }
  }
  if (label === 'gpt' && flags.includes('primary')) {
    const message = `the partition ${name} is flagged primary, which GPT does not have`;
    problems.push(entryProblem(item, ['flags'], message, 'leave the flag out'));
  }
  return flags;
}

function readType(
  item: ConfigEntry,
  name: string,
  label: 'mbr' | 'gpt',
  problems: ReadContext['problems'],
): string {
  const given = item.values['type'] ?? (label === 'gpt' ? '8300' : '83');
  const isWord = typeof given === 'string' || typeof given === 'number';
  const type = isWord ? (label === 'gpt' ? gptType(given) : mbrType(given)) : null;
  if (type !== null) return type;
  const message = `${JSON.stringify(given)} is no type of a partition in ${label.toUpperCase()} (partition ${name})`;
  const hint =
    label === 'gpt'
      ? `use a type UUID or one of ${partitionTypeCodes.join(' ')}`
      : 'use two hexadecimal digits, as in `83`';
  problems.push(entryProblem(item, ['type'], message, hint));
  return '';
}

/** Numbers as the kernel gives them: logical partitions of an MBR table count from 5. */
function numbered(
  read: readonly Read[],
  label: 'mbr' | 'gpt',
  { problems }: ReadContext,
): readonly { readonly item: ConfigEntry; readonly partition: Partition }[] {
  let primaries = 0;
  let logicals = 0;
  return read.map(({ item, partition }) => {
    const isLogical = partition.kind === 'logical';
    if (!isLogical && logicals > 0) {
      const message = `the primary partition ${partition.name} stands after a logical one`;
      problems.push(entryProblem(item, [], message, 'put primary partitions first'));
    }
    const number = isLogical ? 5 + logicals++ : ++primaries;
    if (label === 'mbr' && !isLogical && primaries + (logicals > 0 ? 1 : 0) > 4) {
      problems.push(entryProblem(item, [], `MBR has no room for the primary partition ${partition.name}`));
    }
    if (isLogical && logicals === 1 && primaries > 3) {
      const message = `MBR has no room for the logical partition ${partition.name} beside four primary ones`;
      problems.push(entryProblem(item, [], message, 'make at most three partitions primary'));
    }
    return { item, partition: { ...partition, number } };
  });
}
