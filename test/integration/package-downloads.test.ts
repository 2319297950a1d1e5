// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { expectDone, printedBy } from '../support/build-events.ts';
import type { BuildPlace, CreateOptions } from '../support/build-place.ts';
import { describeForEveryone } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';
import type { PackageMirror } from '../support/package-mirror.ts';
import { servePackages } from '../support/package-mirror.ts';
import { requires } from '../support/requires.ts';
import { makeTinyUbuntu, sha256 } from '../support/tiny-ubuntu.ts';
import type { TinyUbuntu } from '../support/tiny-ubuntu.ts';

const isReady = requires({
  namespaces: true,
  programs: ['mmdebstrap', 'dpkg-deb', 'gpg', 'gpgv', 'apt-get', 'curl'],
});

let directory: string;
let ubuntu: TinyUbuntu;
let mirror: PackageMirror;

beforeAll(async () => {
  if (!isReady) return;
  directory = mkdtempSync(join(tmpdir(), 'package-downloads-'));
  chmodSync(directory, 0o755);
  ubuntu = makeTinyUbuntu(directory, ['curl', 'dkms', 'later', 'latest']);
  mirror = await servePackages(ubuntu.archive);
});

beforeEach(() => mirror.reset());

afterAll(() => {
  if (!isReady) return;
  mirror.close();
  rmSync(directory, { recursive: true, force: true });
});

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

describeForEveryone('downloads of packages', (place) => {
  const build = (name: string, ...words: readonly string[]): [readonly string[], CreateOptions] => [
    ['-t', 'tar', '-o', name, '-p', 'later,latest', ...words, 'ubuntu-minimal'],
    {
      environment: {
        DIB_DISTRIBUTION_MIRROR: mirror.url,
        DIB_APT_KEYRING: ubuntu.keyring,
        DIB_UBUNTU_MIRROR_DISTS: 'updates,security',
        DIB_UBUNTU_KERNEL: 'linux-image-tiny',
      },
    },
  ];
  const once = (): readonly string[] => [...new Set(mirror.fetched())];
  const stored = ({ cache }: BuildPlace): string => join(cache, 'apt/ubuntu');
  const digests = (): Readonly<Record<string, string>> =>
    Object.fromEntries(
      readdirSync(stored(place()))
        .filter((name) => name.endsWith('.deb'))
        .map((name) => [name, sha256(join(stored(place()), name))]),
    );

  test('of later phases happen while earlier hooks run, and the later call fetches nothing', async () => {
    mirror.delay(300);
    const outcome = await place().create(...build('x'));
    expectDone(outcome);
    const printed = printedBy(outcome, 'install-packages later latest');
    expect(printed.filter((line) => line.startsWith('Need to get'))).toEqual([
      expect.stringMatching(/^Need to get 0 B\//) as string,
    ]);
    expect(mirror.fetched()).toEqual(once());
    expect(readdirSync(stored(place())).filter((name) => name.startsWith('.'))).toEqual([]);
  });
});
