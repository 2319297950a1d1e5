// SPDX-License-Identifier: Apache-2.0
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone, stepsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace } from '../support/build-place.ts';
import { requires } from '../support/requires.ts';
import type { TreeMembers } from '../support/tree-members.ts';
import { differencesBetween, treeMembers } from '../support/tree-members.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

/** Everything that overlays treat in a way of their own, spread over layers. */
const layered = {
  'element-deps': 'tiny-os\n',
  'root.d/20-data': bash(`cd "$TARGET_ROOT"
mkdir -p data/{kept,anew,hidden,emptied}
for d in kept anew hidden emptied; do echo "$d" >data/$d/one; echo "$d" >data/$d/two; done
echo linked >data/linked
ln data/linked data/linked-too
echo turns >data/turns-into-directory
mkdir data/turns-into-link data/turns-into-file
touch data/turns-into-link/x data/turns-into-file/x
cp usr/bin/true data/suid
chmod 4755 data/suid
mkfifo data/pipe
python3 -c 'import os, sys; os.setxattr("data/kept/one", "user.note", b"kept \\0 \\xff"); os.setxattr("data/kept", "user.note", b"d")'`),
  'install.d/10-modes': bash(`chmod 0600 /data/kept/two
chmod 0711 /data/kept
chown 7:8 /data/linked
touch /data/suid`),
  'install.d/20-anew': bash(`rm -r /data/anew
mkdir /data/anew
echo three >/data/anew/three`),
  'install.d/30-whiteouts': bash(`rm /data/hidden/one
rm -r /data/emptied
mkdir /data/emptied
rm /data/turns-into-directory
mkdir /data/turns-into-directory
touch /data/turns-into-directory/x
rm -r /data/turns-into-link /data/turns-into-file
ln -s kept /data/turns-into-link
echo file >/data/turns-into-file`),
  'install.d/40-links': bash(`ln /data/kept/one /data/across
ln /data/linked /data/linked-across
mv /data/hidden /data/moved`),
  'install.d/50-names': bash(`mkdir '/data/odd names'
cd '/data/odd names'
touch -- -dash 'two  blanks' $'new\\nline' 'back\\\\slash' "quote's" 'ümläut' '*' '%s' '#' '.wh.not-hidden'
touch "$(head -c 200 /dev/zero | tr '\\0' n)"
chmod 1777 .`),
  'post-install.d/50-anew-again': bash(`rm -r /data/anew
mkdir /data/anew
echo four >/data/anew/four
chmod 0640 /data/across`),
};

const treeOf = ({ out }: BuildPlace, name: string): TreeMembers => treeMembers(join(out, `${name}.tar`));

describeForEveryone('a tree of many kinds of changes', (place) => {
  requires({ programs: ['python3'] });

  test('is the same whether its layers are new, stored, or partly so', async () => {
    const words = ['-t', 'tar', 'layered'];
    place().element('layered', layered);
    const fresh = stepsOf(expectDone(await place().create(['-o', 'fresh', ...words])));
    expect(fresh.filter((step) => !step.startsWith('ran'))).toEqual([]);
    const stored = stepsOf(expectDone(await place().create(['-o', 'stored', ...words])));
    expect(stored.filter((step) => !step.startsWith('reused'))).toEqual([]);
    place().element('layered', { 'install.d/30-whiteouts': `${layered['install.d/30-whiteouts']}# again\n` });
    const partly = stepsOf(expectDone(await place().create(['-o', 'partly', ...words])));
    expect(partly.filter((step) => step.startsWith('ran'))[0]).toBe('ran install.d/30-whiteouts');
    expectDone(await place().create(['--no-cache', '-o', 'anew', ...words]));

    const tree = treeOf(place(), 'fresh');
    for (const name of ['stored', 'partly', 'anew'])
      expect(differencesBetween(tree, treeOf(place(), name)), name).toEqual([]);
    expect(below(tree, './data/anew/')).toEqual(['./data/anew/', './data/anew/four']);
    expect(below(tree, './data/moved/')).toEqual(['./data/moved/', './data/moved/two']);
    expect(below(tree, './data/emptied/')).toEqual(['./data/emptied/']);
    expect(below(tree, './data/odd names/')).toHaveLength(12);
    expect(tree.get('./data/suid')).toMatch(/^kind 0, mode 4755, /);
    expect(tree.get('./data/kept/two')).toMatch(/^kind 0, mode 600, /);
    expect(tree.get('./data/pipe')).toMatch(/^kind 6, /);
    expect(tree.get('./data/kept/')).toMatch(/SCHILY\.xattr\.user\.note="d"$/);
  });
});

const below = (tree: TreeMembers, directory: string): readonly string[] =>
  [...tree.keys()].filter((path) => path.startsWith(directory)).sort();

/** What differs between two builds of the same inputs, and why. */
const differsByItself: readonly (readonly [RegExp, string])[] = [
  [/^\.\/etc\/dib-manifests\/dib_arguments: /, 'the words of the command, --no-cache among them'],
];

describe('the tree of vm debian-minimal', () => {
  requires({ root: true, network: true, programs: ['mmdebstrap'] });
  const place = useBuildPlace('root');

  /** The image has the same name in all builds, as that is written into it. */
  async function buildAs(name: string, ...options: readonly string[]): Promise<BuildOutcome> {
    const elements = ['vm', 'debian-minimal', 'devuser', 'openssh-server'];
    const outcome = expectDone(await place().create([...options, '-t', 'tar', '-o', 'image', ...elements]));
    renameSync(join(place().out, 'image.tar'), join(place().out, `${name}.tar`));
    return outcome;
  }

  test('is the same from new layers, stored ones, and layers made anew', async () => {
    const fresh = stepsOf(await buildAs('fresh'));
    const stored = stepsOf(await buildAs('stored'));
    expect(fresh.filter((step) => step.startsWith('reused'))).toEqual([]);
    expect(stored.filter((step) => step.startsWith('reused')).length).toBeGreaterThan(15);
    await buildAs('anew', '--no-cache');

    const tree = treeOf(place(), 'fresh');
    expect(tree.size).toBeGreaterThan(5000);
    expect(differencesBetween(tree, treeOf(place(), 'stored'))).toEqual([]);
    const byThemselves = (line: string): boolean => differsByItself.some(([path]) => path.test(line));
    const differing = differencesBetween(tree, treeOf(place(), 'anew'));
    expect(differing.filter((line) => !byThemselves(line))).toEqual([]);
  });
});
