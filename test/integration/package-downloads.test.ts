// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import type { BuildEvent } from '../../lib/model/event.ts';
import { expectDone, printedBy, stepsOf, textsOf } from '../support/build-events.ts';
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
    const release = mirror.hold('later_1.0.deb');
    const [words, options] = build('x');
    // Until then every hook before has come to its end, and what it left running was ended.
    const onEvent = (event: BuildEvent): void => {
      if (event.kind === 'step-started' && event.phase === 'install.d') release();
    };
    const outcome = expectDone(await place().create(words, { ...options, onEvent }));
    const printed = printedBy(outcome, 'install-packages later latest');
    expect(printed.filter((line) => line.startsWith('Need to get'))).toEqual([
      expect.stringMatching(/^Need to get 0 B\//) as string,
    ]);
    expect(mirror.fetched()).toEqual(once());
    expect(readdirSync(stored(place())).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('that fail ahead of time are a note, and happen later', async () => {
    place().element('broken-ahead', {
      'element-deps': 'ubuntu-minimal\n',
      'prefetch.d/05-broken': bash('echo the line is cut\nexit 3'),
    });
    const [words, options] = build('x', 'broken-ahead');
    const outcome = expectDone(await place().create(words, options));
    expect(textsOf(outcome, 'note').filter((text) => text.includes('prefetch.d'))).toEqual([
      'prefetch.d/05-broken: packages are not fetched ahead: the line is cut',
    ]);
  });

  test('are not looked for ahead a second time while all that the first brought is there', async () => {
    place().element('tell-apt', {
      'element-deps': 'ubuntu-minimal\n',
      'environment.d/00-tell-apt.bash':
        'function apt-get { [ ! -d "$DIB_IMAGE_CACHE" ] || echo "$*" >>"$DIB_IMAGE_CACHE/asked"; command apt-get "$@"; }\nexport -f apt-get\n',
    });
    const [words, options] = build('x', '--no-cache', 'tell-apt');
    const file = join(place().cache, 'asked');
    const askedAhead = async (): Promise<number> => {
      rmSync(file, { force: true });
      expectDone(await place().create(words, options));
      const lines = existsSync(file) ? readFileSync(file, 'utf8').split('\n') : [];
      return lines.filter((line) => line.includes('--download-only')).length;
    };
    expect(await askedAhead()).toBeGreaterThan(0);
    const before = digests();
    expect(await askedAhead()).toBe(0);
    rmSync(join(stored(place()), 'later_1.0_amd64.deb'));
    expect(await askedAhead()).toBeGreaterThan(0);
    expect(digests()).toEqual(before);
  });

  test('do not happen ahead without the network, nor when nothing is to be done', async () => {
    expectDone(await place().create(...build('x')));
    place().element('tell-ahead', {
      'element-deps': 'ubuntu-minimal\n',
      'prefetch.d/05-tell': bash('cat "$DIB_PACKAGES_AHEAD" >"$DIB_IMAGE_CACHE/told"'),
    });
    mirror.reset();
    const [words, options] = build('x', 'tell-ahead');
    const offline = { environment: { ...options.environment, DIB_OFFLINE: '1' } };
    expectDone(await place().create(['--no-cache', ...words], offline));
    expect([mirror.fetched(), existsSync(join(place().cache, 'told'))]).toEqual([[], false]);
    // The keys are the same whether packages are fetched ahead or not.
    const again = stepsOf(expectDone(await place().create(words, options)));
    expect(again.filter((step) => /^ran (root|pre-install|install|post-install)\.d/.test(step))).toEqual([]);
    expect([mirror.fetched(), existsSync(join(place().cache, 'told'))]).toEqual([[], false]);
  });

  test('are taken from the store only when the package lists cover them', async () => {
    expectDone(await place().create(...build('x')));
    const sound = digests();
    const damaged = ['later_1.0_amd64.deb', 'sudo_2.0_amd64.deb', 'zstd_1.0_amd64.deb'].map((name) =>
      name.replace('amd64', architecture()),
    );
    for (const name of damaged) {
      const file = join(stored(place()), name);
      const bytes = readFileSync(file);
      bytes.write('tampered', bytes.length - 600);
      // In its place: a file that were not the user's own could not be taken at all.
      writeFileSync(file, bytes);
    }
    mirror.reset();
    const outcome = expectDone(await place().create(...build('x', '--no-cache')));
    const refused = outcome.events.flatMap((event) =>
      event.kind === 'output' && event.text.includes('not what the package lists say') ? [event.text] : [],
    );
    expect([...refused].sort()).toEqual(
      damaged.map(
        (name) =>
          `${name}, downloaded earlier, is not what the package lists say, and will be downloaded again`,
      ),
    );
    expect(mirror.fetched()).toEqual(['later_1.0.deb', 'sudo_2.0.deb', 'zstd_1.0.deb']);
    expect(digests()).toEqual(sound);
  });

  test('that were cut off are gone on with, and none happens twice', async () => {
    const reached = mirror.stall('later_1.0.deb');
    const running = place().start(...build('x'));
    await Promise.race([reached, running.outcome]);
    running.process.kill('SIGKILL');
    await running.outcome;
    const before = mirror.fetched();
    const cut = succeed('find', [stored(place()), '-path', '*/partial/*.deb', '-printf', '%f\n']).split('\n');
    mirror.reset();
    expectDone(await place().create(...build('x')));
    const after = mirror.fetched();
    // A file that was cut off is asked for once more for its date, which apt did not live to write down.
    const isCut = (name: string): boolean => cut.some((part) => part.startsWith(name.replace('.deb', '_')));
    expect(after.filter((name) => before.includes(name) && !isCut(name))).toEqual([]);
    expect(after.filter((name) => /^later.* from /.test(name))).toEqual([
      expect.stringMatching(/^later_1\.0\.deb from \d{4,}$/) as string,
    ]);
    expect(readdirSync(join(stored(place()), 'partial'))).toEqual([]);
  });

  test('are looked for in stored lists only when the repositories vouch for them', async () => {
    expectDone(await place().create(...build('x')));
    const kept = join(place().cache, 'debootstrap/lists');
    const files = succeed('find', [kept, '-name', '*_Packages', '-size', '+0']).trim().split('\n').sort();
    const sound = files.map(sha256);
    for (const file of files)
      writeFileSync(file, readFileSync(file, 'utf8').replaceAll('Package: ', 'Package: not-'));
    expect(files.map(sha256)).not.toEqual(sound);
    expectDone(await place().create(...build('x', '--no-cache')));
    expect(files.map(sha256)).toEqual(sound);
    expect(readdirSync(kept).filter((name) => name.startsWith('.'))).toEqual([]);
  });

  test('are looked for in lists that apt reads once, and the image has no trace of that', async () => {
    const cache = '/var/cache/apt/srcpkgcache.bin';
    const tell = `stat -c '%n %i %y' /var/cache/apt/*.bin`;
    place().element('tell-cache', {
      'element-deps': 'ubuntu-minimal\n',
      'install.d/40-first': bash(`install-packages curl\n${tell}`),
      'install.d/50-second': bash(`install-packages dkms\n${tell}`),
      'finalise.d/99-late': bash(`rm ${cache}\napt-get check\n${tell}`),
    });
    const [words, { environment }] = build('x', 'tell-cache');
    const outcome = expectDone(
      await place().create(words, { environment: { ...environment, DIB_DISABLE_APT_CLEANUP: '1' } }),
    );
    const told = ['install.d/40-first', 'install.d/50-second', 'finalise.d/99-late'].map((step) =>
      printedBy(outcome, step).filter((line) => line.includes('.bin')),
    );
    expect(told).toEqual(told.map((): readonly unknown[] => [expect.stringContaining(`${cache} `)]));
    expect(told[1]).toEqual(told[0]);
    const names = succeed('tar', ['-tf', join(place().out, 'x.tar')]).split('\n');
    expect(names.filter((name) => name.startsWith('./var/cache/apt/')).sort()).toEqual([
      './var/cache/apt/',
      './var/cache/apt/archives/',
      './var/cache/apt/archives/partial/',
    ]);
  });

  test('are not looked for where all that is installed is what the lists offer', async () => {
    const reads = 'Reading package lists...';
    place().element('asks-again', {
      'element-deps': 'ubuntu-minimal\n',
      'install.d/40-new': bash('install-packages curl'),
      'install.d/41-again': bash('install-packages curl'),
      'install.d/42-upgrade': bash('install-packages -u'),
      'install.d/50-taken-along': bash('apt-mark auto curl\ninstall-packages curl\napt-mark showmanual curl'),
      'install.d/51-pinned': bash(
        `printf 'Package: *\\nPin: release *\\nPin-Priority: 400\\n' >/etc/apt/preferences.d/x\ninstall-packages -u`,
      ),
      'install.d/52-again': bash('install-packages -u'),
      'install.d/53-other': bash(
        `sed -i 's/^Version: /&0/' /var/lib/dpkg/status\ninstall-packages -u || true`,
      ),
    });
    const outcome = expectDone(await place().create(...build('x', 'asks-again')));
    const printed = (step: string) => printedBy(outcome, `install.d/${step}`);
    expect(printed('40-new')).toContain(reads);
    expect(printed('41-again')).toEqual(['installed already, as the newest of the package lists: curl']);
    const nothing = ['all that is installed is the newest of the package lists: nothing to upgrade'];
    expect(printed('42-upgrade')).toEqual(nothing);
    expect(printed('50-taken-along')).toContain(reads);
    expect(printed('50-taken-along').at(-1)).toBe('curl');
    expect(printed('51-pinned')).toContain(reads);
    expect(printed('52-again')).toEqual(nothing);
    expect(printed('53-other')).toContain(reads);
  });

  test('of several builds at once do not disturb each other', async () => {
    mirror.delay(50);
    const builds = ['a', 'b', 'c'].map((name) => place().create(...build(name, '--no-cache')));
    for (const outcome of await Promise.all(builds)) expectDone(outcome);
    expect(readdirSync(stored(place())).filter((name) => name.startsWith('.'))).toEqual([]);
    mirror.reset();
    expectDone(await place().create(...build('d', '--no-cache')));
    expect(mirror.fetched()).toEqual([]);
  });
});

const architecture = (): string => succeed('dpkg', ['--print-architecture']).trim();
