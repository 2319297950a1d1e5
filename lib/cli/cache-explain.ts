// SPDX-License-Identifier: Apache-2.0
import { describeInput } from '../report/describe-comparison.ts';
import { countOf, formatInstant } from '../report/quantities.ts';
import type { BuildRecord } from '../store/build-record.ts';
import { listBuildRecords } from '../store/build-record.ts';
import type { Comparison, FirstDifference, MadeBecause } from '../store/compare-builds.ts';
import { compareBuilds } from '../store/compare-builds.ts';
import { complain, ownStore } from './own-store.ts';
import type { Surroundings } from './surroundings.ts';

/** @param wanted Ids, or beginnings of ids, of at most two builds. */
export async function explain(
  surroundings: Surroundings,
  wanted: readonly string[] | 'list',
): Promise<number> {
  const records = await listBuildRecords(ownStore(surroundings.environment).store);
  if (wanted === 'list') {
    for (const record of records) surroundings.write(`${record.id}  ${aboutBuild(record)}\n`);
    return 0;
  }
  const pair = choosePair(records, wanted);
  if (typeof pair === 'string') return complain(surroundings, pair, 2);
  const [earlier, later] = pair;
  surroundings.write(`${describePair(earlier, later)}\n`);
  return 0;
}

const aboutBuild = ({ startedAt, name, isDone }: BuildRecord): string =>
  `${formatInstant(startedAt)}  ${name}${isDone ? '' : '  (failed)'}`;

type Pair = readonly [BuildRecord, BuildRecord];

/** Or why there is none. */
function choosePair(records: readonly BuildRecord[], wanted: readonly string[]): Pair | string {
  if (wanted.length > 2) return 'name two builds at most';
  const last = records.at(-1);
  if (last === undefined) return 'no build is remembered';
  const named: BuildRecord[] = [];
  for (const id of wanted) {
    const matching = records.filter((record) => record.id.startsWith(id));
    if (matching.length !== 1)
      return `${matching.length === 0 ? 'no build is called' : 'several builds begin with'} ${id}: see --list`;
    named.push(...matching);
  }
  const [first, second] = named;
  if (first !== undefined && second !== undefined) return [first, second];
  const name = (first ?? last).name;
  const same = records.filter((record) => record.name === name && record !== first);
  const before = first ?? same.at(-2);
  const after = same.at(-1);
  if (before !== undefined && after !== undefined)
    return before.startedAt <= after.startedAt ? [before, after] : [after, before];
  return `only one build of ${name} is remembered: name two, see --list`;
}

function describePair(earlier: BuildRecord, later: BuildRecord): string {
  const comparison = compareBuilds(earlier, later);
  return [
    `${earlier.id}  ${aboutBuild(earlier)}`,
    `${later.id}  ${aboutBuild(later)}`,
    '',
    ...elementChange(earlier, later),
    ...differenceLines(comparison),
    ...ranLines(comparison),
  ].join('\n');
}

function elementChange(
  { elements: before }: BuildRecord,
  { elements: after }: BuildRecord,
): readonly string[] {
  if (before.join(' ') === after.join(' ')) return [];
  const gone = before.filter((name) => !after.includes(name));
  const come = after.filter((name) => !before.includes(name));
  if (gone.length + come.length === 0)
    return [`The order of elements: ${before.join(' ')} → ${after.join(' ')}`];
  return [
    ...(gone.length === 0 ? [] : [`Elements less: ${gone.join(' ')}`]),
    ...(come.length === 0 ? [] : [`Elements more: ${come.join(' ')}`]),
  ];
}

function differenceLines({ first, following, same }: Comparison): readonly string[] {
  if (first === null) return [`${countOf(same, 'key')}, all the same.`];
  return [
    ...firstLines(first),
    following === 0
      ? 'No later key differs.'
      : `${countOf(following, 'later key')} ${following === 1 ? 'differs' : 'differ'} by that.`,
  ];
}

function firstLines(first: FirstDifference): readonly string[] {
  switch (first.kind) {
    case 'new':
      return [`The first difference: ${first.title} is new.`];
    case 'gone':
      return [`The first difference: ${first.title} is gone.`];
    case 'moved':
      return [`The first difference: ${first.title} runs at another place.`];
    case 'changed':
      return [
        `The first key that differs is that of ${first.title}:`,
        ...first.inputs.flatMap(describeInput).map((line) => `  ${line}`),
      ];
  }
}

const ranLines = ({ ran }: Comparison): readonly string[] =>
  ran.length === 0
    ? []
    : [
        'These ran although their keys are the same:',
        ...ran.map(({ title, because }) => `  ${title}: ${reasons[because]}`),
      ];

const reasons: Readonly<Record<MadeBecause, string>> = {
  unkeyed: 'it runs in every build',
  'left-more': 'it leaves files outside of the tree for other hooks',
  none: 'its layer was removed (cache prune, or the limit of the store), or had never been made',
  unwanted: 'the build was told not to use layers (--no-cache)',
  damaged: 'its layer was damaged',
  'on-another': 'a layer below it was made anew',
  'too-old': 'its layer was older than DIB_CACHE_MAX_AGE',
  'from-the-future': 'by the clock its layer comes from the future, so that DIB_CACHE_MAX_AGE cannot be kept',
  unflushed: 'the machine restarted before its layer was safe on the disk',
};
