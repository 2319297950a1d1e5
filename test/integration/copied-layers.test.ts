// SPDX-License-Identifier: Apache-2.0
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectDone, failureIn, stepsOf, textsOf } from '../support/build-events.ts';
import { describeForEveryone } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace, CreateOptions } from '../support/build-place.ts';
import { withCacheOnOverlay } from '../support/overlay-cache.ts';
import { requires } from '../support/requires.ts';
import { tarArchive } from '../support/tar-archive.ts';
import { treeInTar } from '../support/tar-tree.ts';
import { bash, hookNamed, hooksThatChange, treeChanges } from '../support/tree-changes.ts';

const note = ({ person }: BuildPlace, on: string, how: string): string =>
  `the store {place}/cache/store/${person.uid === 0 ? 'root' : 'user'} is on ${on}, where overlayfs cannot write: ` +
  `layers are copied, ${how}, which takes longer; DIB_IMAGE_CACHE on ext4, xfs, btrfs or tmpfs avoids it`;

const storeNotes = ({ portable }: BuildPlace, outcome: BuildOutcome): readonly string[] =>
  textsOf(outcome, 'note')
    .map(portable)
    .filter((text) => text.includes('/cache/store/'));

/** Of removexattr(2), which no program makes that is sure to be there. */
const REMOVEXATTR = process.arch === 'x64' ? 197 : 14;

/** Attributes, capabilities and pipes, which only programs of the host can make here; then only attributes change. */
const hostHooks = {
  'root.d/50-noted': bash(
    [
      'mkdir -p "$TARGET_ROOT/srv/noted"; cd "$TARGET_ROOT/srv"',
      'tar --xattrs "--xattrs-include=*" -C noted -xf "$ARCHIVES/first.tar"',
      'cp -a noted plain; cp -a noted poorer; mkfifo pipe; cp /bin/true capable',
    ].join('\n'),
  ),
  'root.d/60-capable': bash('setcap cap_net_raw+ep "$TARGET_ROOT/srv/capable"'),
  'root.d/70-other': bash(
    [
      'cd "$TARGET_ROOT/srv"; cp -a capable copy; setcap -r capable; rm -r plain; mkdir plain',
      'tar --xattrs "--xattrs-include=*" -C noted -xf "$ARCHIVES/second.tar"',
      `perl -e 'my ($path, $name) = @ARGV; syscall(${REMOVEXATTR}, $path, $name) == 0 or die' poorer user.note`,
    ].join('\n'),
  ),
};

const noted = (text: string): Buffer =>
  tarArchive([
    { name: './', pax: { 'SCHILY.xattr.user.note': text } },
    { name: './file', content: 'noted', pax: { 'SCHILY.xattr.user.note': text } },
  ]);

const hooks: Readonly<Record<string, string>> = { ...hostHooks, ...hooksThatChange(treeChanges.length) };
const titles = ['root.d/10-tree', ...Object.keys(hooks)];

/** Writes the element, with the archives that its hooks lay out. */
function writeElement(place: BuildPlace, change: Readonly<Record<string, string>> = {}): void {
  writeFileSync(join(place.directory, 'first.tar'), noted('first'));
  writeFileSync(join(place.directory, 'second.tar'), noted('second'));
  place.element('changes', {
    'element-deps': 'tiny-os\n',
    'environment.d/10-archives.bash': `export ARCHIVES=${place.directory}\n`,
    ...hooks,
    ...change,
  });
}

async function build(place: BuildPlace, options?: CreateOptions): Promise<readonly string[]> {
  return stepsOf(expectDone(await place.create(['-t', 'tar', '-o', 'x', 'changes'], options)));
}

const treeOf = ({ out }: BuildPlace): readonly string[] => treeInTar(join(out, 'x.tar'));

const runsFrom = (title: string | null): readonly string[] => {
  const first = title === null ? titles.length : titles.indexOf(title);
  return titles.map((step, index) => `${index >= first ? 'ran' : 'reused'} ${step}`);
};

describeForEveryone('a store on an overlay', (place) => {
  requires({ root: true, programs: ['setcap', 'perl'] });

  test('has layers that are copied, and the tree is that of any other store', async () => {
    writeElement(place());
    const elsewhere = { environment: { DIB_IMAGE_CACHE: join(place().directory, 'home/cache') } };
    expect(await build(place(), elsewhere)).toEqual(runsFrom('root.d/10-tree'));
    const tree = treeOf(place());
    await withCacheOnOverlay(place(), async () => {
      const outcome = expectDone(await place().create(['-t', 'tar', '-o', 'x', 'changes']));
      expect(storeNotes(place(), outcome)).toEqual([note(place(), 'an overlay', 'in full')]);
      expect(stepsOf(outcome)).toEqual(runsFrom('root.d/10-tree'));
      expect(treeOf(place())).toEqual(tree);
      expect(await build(place())).toEqual(runsFrom(null));
      expect(treeOf(place())).toEqual(tree);
    });
  });

  test('lets a changed hook run with those after it, and a build that failed go on', async () => {
    await withCacheOnOverlay(place(), async () => {
      writeElement(place());
      await build(place());
      const tree = treeOf(place());
      const [last, middle] = [hookNamed(treeChanges.length - 1), hookNamed(13)];
      for (const title of [last, middle, 'root.d/70-other']) {
        writeElement(place(), { [title]: `${hooks[title] ?? ''}# changed\n` });
        expect(await build(place())).toEqual(runsFrom(title));
        expect(treeOf(place())).toEqual(tree);
      }
      writeElement(place(), { [middle]: bash('rm -r /srv/twins /etc/passwd; exit 3') });
      const failed = await place().create(['-t', 'tar', '-o', 'x', 'changes']);
      expect(failureIn(failed)).toMatchObject({ kind: 'hook-failed', script: '50-0013', exitStatus: 3 });
      writeElement(place(), { [middle]: `${hooks[middle] ?? ''}# mended\n` });
      expect(await build(place())).toEqual(runsFrom(middle));
      expect(treeOf(place())).toEqual(tree);
    });
  });
});
