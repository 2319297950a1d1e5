// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone, stepsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildPlace } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';
import { treeInTar } from '../support/tar-tree.ts';
import { bash, hookNamed, hooksThatChange, oneHookThatChanges } from '../support/tree-changes.ts';

const deps = { 'element-deps': 'tiny-os\n' };

async function build(place: BuildPlace, element: string): Promise<readonly string[]> {
  return stepsOf(expectDone(await place.create(['-t', 'tar', '-o', element, element])));
}

const treeOf = ({ out }: BuildPlace, element: string): readonly string[] =>
  treeInTar(join(out, `${element}.tar`));

const ran = (steps: readonly string[]): readonly string[] => steps.filter((step) => step.startsWith('ran '));

/** Titles that `cache ls` gives to layers made of others. */
function merges({ program, cache, directory }: BuildPlace): readonly string[] {
  const words = [`DIB_IMAGE_CACHE=${cache}`, `HOME=${directory}`, process.execPath];
  const printed = succeed('env', [...words, program('diskimage-builder'), 'cache', 'ls']);
  return printed
    .split('\n')
    .filter((line) => /\d+ layers, install/.test(line))
    .map((line) => line.replace(/.* (\d+ layers, )/, '$1'));
}

/** More than are mounted singly. */
const COUNT = 80;
const hooks = hooksThatChange(COUNT);

/** Builds with the hook at a position changed in its words only. @returns the steps that ran. */
async function rebuild(place: BuildPlace, position: number): Promise<readonly string[]> {
  const title = hookNamed(position);
  place.element('many', { [title]: `${hooks[title] ?? ''}# changed\n` });
  return ran(await build(place, 'many'));
}

const from = (position: number): readonly string[] =>
  Object.keys(hooks)
    .sort()
    .slice(position)
    .map((title) => `ran ${title}`);

async function buildBoth(place: BuildPlace): Promise<readonly string[]> {
  place.element('one', { ...deps, [hookNamed(0)]: bash(oneHookThatChanges(COUNT)) });
  place.element('many', { ...deps, ...hooks });
  await build(place, 'one');
  expect(ran(await build(place, 'many'))).toEqual(from(0));
  return treeOf(place, 'one');
}

describeForEveryone('80 hooks', (place) => {
  test('make the tree that one hook makes, and the last one changed runs alone', async () => {
    const tree = await buildBoth(place());
    expect(treeOf(place(), 'many')).toEqual(tree);
    expect(await rebuild(place(), COUNT - 1)).toEqual(from(COUNT - 1));
    expect(treeOf(place(), 'many')).toEqual(tree);
    expect(ran(await build(place(), 'many'))).toEqual([]);
  });
});

describe('one of 80 hooks that is changed', () => {
  const place = useBuildPlace('root');

  test.each([5, 41])('at position %i, runs with those after it', async (position) => {
    const tree = await buildBoth(place());
    expect(await rebuild(place(), position)).toEqual(from(position));
    expect(treeOf(place(), 'many')).toEqual(tree);
  });
});

describe('300 hooks', () => {
  const place = useBuildPlace('root');

  test('mount, and merged layers go when the layers do', async () => {
    place().element('one', { ...deps, [hookNamed(0)]: bash(oneHookThatChanges(300)) });
    place().element('many', { ...deps, ...hooksThatChange(300) });
    await build(place(), 'one');
    await build(place(), 'many');
    expect(treeOf(place(), 'many')).toEqual(treeOf(place(), 'one'));
    const titles = merges(place());
    expect(titles.length).toBeGreaterThan(16);
    expect(titles).toContain('16 layers, install.d/50-0014 to install.d/50-0029');
    const words = [
      `DIB_IMAGE_CACHE=${place().cache}`,
      process.execPath,
      place().program('diskimage-builder'),
    ];
    succeed('env', [...words, 'cache', 'prune']);
    expect(readdirSync(join(place().cache, 'store/root/layers'))).toEqual(['0']);
  });
});
