// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone } from '../support/build-events.ts';
import { useBuildPlace } from '../support/build-place.ts';
import type { BuildPlace } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';
import { requires } from '../support/requires.ts';

const words = ['-t', 'tar', '-o', 'x', 'vm', 'debian-minimal'];

/** Kind, mode, owner, size, path and link target of everything in the tree; times and sizes of directories are not said. */
function listingOf({ out }: BuildPlace): readonly string[] {
  const archive = join(out, 'x.tar');
  const printed = succeed('tar', ['--list', '--verbose', '--numeric-owner', '--file', archive]);
  return printed
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^(\S+) +(\S+) +(\d+) \S+ \S+ /, '$1 $2 $3 '))
    .sort();
}

/** Name, version and state of every package. */
const packagesOf = ({ out }: BuildPlace): readonly string[] =>
  succeed('tar', ['-xOf', join(out, 'x.tar'), './var/lib/dpkg/status'])
    .split('\n\n')
    .map((text) => (text.match(/^(Package|Status|Version|Architecture): .*/gm) ?? []).join(', '))
    .filter((line) => line !== '');

/** Files whose compressed size depends on when they were made: none of their bytes is ours to choose. */
const sizeMayDiffer = ['./boot/initrd.img-'];

const withoutThoseSizes = (listing: readonly string[]): readonly string[] =>
  listing.map((line) =>
    sizeMayDiffer.some((path) => line.includes(` ${path}`)) ? line.replace(/ \d+ \.\//, ' ./') : line,
  );

describe('the tree of vm debian-minimal', () => {
  requires({ root: true, network: true, programs: ['mmdebstrap'] });
  const asRoot = useBuildPlace('root');
  const asUser = useBuildPlace('an ordinary user');

  test('is the same whether root builds it or an ordinary user without sudo', async () => {
    const outcomes = await Promise.all([asRoot(), asUser()].map((place) => place.create(words)));
    outcomes.forEach(expectDone);
    const packages = packagesOf(asRoot());
    expect(packages.length).toBeGreaterThan(100);
    expect(packagesOf(asUser())).toEqual(packages);
    const listing = listingOf(asRoot());
    expect(withoutThoseSizes(listingOf(asUser()))).toEqual(withoutThoseSizes(listing));
    // Each certificate is found by a hash, and what spares the bootstrap to make these twice is gone.
    expect(
      listing.filter((line) => /\/etc\/ssl\/certs\/[0-9a-f]{8}\.0 -> /.test(line)).length,
    ).toBeGreaterThan(100);
    expect(listing.filter((line) => /\/usr\/local\/sbin\/./.test(line))).toEqual([]);
  });
});
