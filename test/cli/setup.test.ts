// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

/** A checkout with its own bin/setup and a PATH on which every program is one that the test put there. */
let checkout: string;

beforeEach(() => {
  checkout = mkdtempSync(join(tmpdir(), 'setup-test-'));
  for (const directory of ['bin', 'lib', 'dist/cli', 'home', 'host/bin', 'host/sbin', 'node_modules/left'])
    mkdirSync(join(checkout, directory), { recursive: true });
  cpSync('bin/setup', join(checkout, 'bin/setup'));
  write('package-lock.json', JSON.stringify({ packages: { '': {}, ...installed } }));
  write('node_modules/.package-lock.json', JSON.stringify({ packages: installed }));
  write('lib/main.ts', '');
  write('package.json', '{}');
  for (const old of ['lib', 'lib/main.ts', 'package.json']) utimesSync(join(checkout, old), 1, 1);
  write('dist/cli/main.js', '');
  for (const name of realPrograms) symlinkSync(realPath(name), join(checkout, 'host/bin', name));
  for (const name of buildPrograms) program(name, '');
  for (const name of systemPrograms) program(name, '', 'sbin');
  program('node', `case $1 in --version) echo v20.11.0 ;; *) exec ${process.execPath} "$@" ;; esac`);
  program('npm', record);
  program('apt-get', record);
  program('id', 'echo 0');
  program('df', 'echo Filesystem; echo "/dev/x 99999999 1 20000000 1% /"');
});

afterEach(() => rmSync(checkout, { recursive: true }));

const installed = { 'node_modules/left': { version: '1.0.0', integrity: 'sha512-x' } };
const realPrograms = [
  'sh',
  'awk',
  'cat',
  'dirname',
  'find',
  'grep',
  'head',
  'mktemp',
  'rm',
  'tail',
  'tee',
  'tr',
];
const buildPrograms = [
  ...['mmdebstrap', 'unshare', 'setpriv', 'flock', 'newuidmap', 'mcopy', 'mksquashfs', 'qemu-img', 'tar'],
  ...['zstd', 'pigz', 'curl', 'env', 'grub-fstest'],
];
const systemPrograms = ['mke2fs', 'sfdisk', 'mkfs.vfat', 'depmod'];
/** Appends its own name and words to the file `ran`, and env's command too. */
const record = 'echo "${0##*/} $*" >>ran';

describe('--check', () => {
  test('says so when nothing is missing', () => {
    expect(setup('--check')).toEqual({ status: 0, output: ['setup: nothing is missing'], ran: [] });
  });

  test('names each package once with its reason', () => {
    remove('mmdebstrap', 'unshare', 'flock', '../sbin/mkfs.vfat');
    expect(setup('--check')).toEqual({
      status: 1,
      output: [
        'setup: mmdebstrap is missing: mmdebstrap bootstraps Debian',
        'setup: util-linux is missing: unshare gives a build namespaces of its own',
        'setup: dosfstools is missing: mkfs.vfat makes EFI system partitions',
      ],
      ran: [],
    });
  });

  test.each([
    ['dnf', 'squashfs-tools', 'shadow-utils'],
    ['zypper', 'squashfs', 'shadow'],
    ['pacman', 'squashfs-tools', 'shadow'],
    ['none', 'mksquashfs', 'newuidmap'],
  ])('knows the package names of %s', (manager, squashfs, shadow) => {
    remove('apt-get', 'mksquashfs', 'newuidmap');
    if (manager !== 'none') program(manager, '');
    expect(setup('--check')).toEqual({
      status: 1,
      output: [
        `setup: ${shadow} is missing: newuidmap lets an ordinary user build`,
        `setup: ${squashfs} is missing: mksquashfs makes squashfs images`,
      ],
      ran: [],
    });
  });

  test('reports everything at once', () => {
    remove('zstd');
    program('node', 'echo v18.19.0');
    program('df', 'echo Filesystem; echo "/dev/x 99999999 1 1258291 1% /"');
    write('node_modules/.package-lock.json', '{"packages":{}}');
    rmSync(join(checkout, 'dist'), { recursive: true });
    expect(setup('--check')).toEqual({
      status: 1,
      output: [
        'setup: zstd is missing: zstd packs cached layers and images',
        'setup: Node.js 18.19.0 is too old: version 20.11 or newer is needed; install it from your distribution or from https://nodejs.org',
        `setup: ${checkout}/home/.cache/image-create has 1.2 GiB free, a build needs about 6 GiB: make room, or set DIB_IMAGE_CACHE to a directory that has it`,
        'setup: the program is not built',
      ],
      ran: [],
    });
  });

  test('asks for the programs of tests with --test', () => {
    for (const name of [
      'busybox',
      'cpio',
      'dot',
      'e2fsck',
      'fsck.vfat',
      'git',
      'gpg',
      'gpgv',
      'lz4',
      'mkfs.btrfs',
      'mkfs.xfs',
      'mkimage',
      'openssl',
      'qemu-system-x86_64',
      'setcap',
      'sgdisk',
      'visudo',
      'xorriso',
      'xz',
    ])
      program(name, '');
    expect(setup('--check', '--test').output.filter((line) => !/ovmf|qemu-block/.test(line))).toEqual([
      'setup: squashfs-tools is missing: unsquashfs reads squashfs images back',
      'setup: shellcheck is missing: shellcheck checks the shell scripts',
    ]);
  });

  test('tells an ordinary user without subordinate ids how to get them', () => {
    ordinaryUser();
    expect(setup('--check')).toEqual({
      status: 0,
      output: [hintAtSubordinateIds, 'setup: nothing is missing'],
      ran: [],
    });
  });
});

describe('installing', () => {
  test('does nothing when nothing is missing', () => {
    expect(setup()).toEqual({ status: 0, output: [], ran: [] });
  });

  test('installs what is missing, as root', () => {
    remove('zstd', 'curl', 'env');
    program('env', 'shift; exec "$@"');
    expect(setup()).toEqual({
      status: 0,
      output: [
        'setup: zstd is missing: zstd packs cached layers and images',
        'setup: curl is missing: curl fetches what elements ask for',
        'setup: running apt-get update',
        'setup: running env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends zstd curl',
      ],
      ran: ['apt-get update', 'apt-get install --yes --no-install-recommends zstd curl'],
    });
  });

  test('installs with sudo for an ordinary user', () => {
    remove('zstd', 'apt-get');
    program('dnf', record);
    program('sudo', 'if [ "$1" != -v ]; then exec "$@"; fi');
    ordinaryUser();
    expect(setup()).toEqual({
      status: 0,
      output: [
        'setup: zstd is missing: zstd packs cached layers and images',
        'setup: running sudo dnf install --assumeyes --setopt=install_weak_deps=False zstd',
        hintAtSubordinateIds,
      ],
      ran: ['dnf install --assumeyes --setopt=install_weak_deps=False zstd'],
    });
  });

  test('prints the command when there is neither root nor sudo', () => {
    remove('zstd');
    ordinaryUser();
    expect(setup()).toEqual({
      status: 1,
      output: [
        'setup: zstd is missing: zstd packs cached layers and images',
        'setup: installing packages needs root and sudo gives none here; run this as root, then this again: apt-get update && env DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends zstd',
      ],
      ran: [],
    });
  });

  test('says so when no package manager is known', () => {
    remove('zstd', 'apt-get');
    expect(setup()).toEqual({
      status: 1,
      output: [
        'setup: zstd is missing: zstd packs cached layers and images',
        'setup: none of apt-get, dnf, zypper and pacman is here: install these by hand, then run this again',
      ],
      ran: [],
    });
  });

  test.each([
    [
      "Temporary failure resolving 'deb.example.org'",
      'pacman reached no server: check the network (and http_proxy, when a proxy is needed), then run this again',
    ],
    ['cannot write: No space left on device', 'pacman found the disk full: make room, then run this again'],
    ['database is locked', 'pacman failed: its own words are above'],
  ])('explains a package manager that fails with: %s', (words, explanation) => {
    remove('zstd', 'apt-get');
    program('pacman', `echo "${words}" >&2; exit 7`);
    expect(setup()).toEqual({
      status: 1,
      output: [
        'setup: zstd is missing: zstd packs cached layers and images',
        'setup: running pacman -S --needed --noconfirm zstd',
        words,
        'exit status 7',
        `setup: ${explanation}`,
      ],
      ran: [],
    });
  });

  test.each([
    [
      'no Node',
      'rm',
      'Node.js is missing: version 20.11 or newer is needed; install it from your distribution or from https://nodejs.org',
    ],
    ['no npm', 'npm', 'npm is missing: it comes with Node.js, or is the package npm of your distribution'],
  ])('stops before it installs anything: %s', (_, what, line) => {
    remove(what === 'npm' ? 'npm' : 'node', 'zstd');
    expect(setup()).toEqual({ status: 1, output: [`setup: ${line}`], ran: [] });
  });

  test('looks for room where the cache will be', () => {
    program('df', 'echo Filesystem; case $2 in */home) echo "/dev/x 9 9 6291455 1% /" ;; esac');
    expect(setup()).toEqual({
      status: 1,
      output: [
        `setup: ${checkout}/home/.cache/image-create has 6.0 GiB free, a build needs about 6 GiB: make room, or set DIB_IMAGE_CACHE to a directory that has it`,
      ],
      ran: [],
    });
  });

  test('runs npm ci when a package has another version than the lock file says', () => {
    write('node_modules/.package-lock.json', JSON.stringify({ packages: changed('0.9.0') }));
    expect(setup()).toEqual({
      status: 0,
      output: ['setup: running npm ci --include=dev'],
      ran: ['npm ci --include=dev'],
    });
  });

  test('needs no package that is for other systems only', () => {
    const other = { 'node_modules/other': { version: '1.0.0', optional: true } };
    write('package-lock.json', JSON.stringify({ packages: { '': {}, ...installed, ...other } }));
    expect(setup()).toEqual({ status: 0, output: [], ran: [] });
  });

  test('builds again when a source is newer', () => {
    utimesSync(join(checkout, 'dist/cli/main.js'), 2, 2);
    write('lib/main.ts', 'changed');
    expect(setup()).toEqual({
      status: 0,
      output: ['setup: running npm run build'],
      ran: ['npm run --silent build'],
    });
  });
});

test('--quickstart builds an image in the checkout', () => {
  program('disk-image-create', record, '../bin');
  expect(setup('--quickstart')).toEqual({
    status: 0,
    output: [],
    ran: ['disk-image-create -o out.qcow2 vm base'],
  });
});

test('an unknown option shows how it is called', () => {
  expect(setup('--tests')).toEqual({
    status: 2,
    output: [
      'usage: bin/setup [--check | --quickstart] [--test]',
      '',
      'Installs what is missing to build images: packages of the system, Node packages, and the build of this program.',
      '',
      '  --check        only report what is missing; exit status 1 when something is',
      '  --quickstart   install, then build out.qcow2, a Debian image, in this directory',
      '  --test         install what tests need as well, then run all tests',
    ],
    ran: [],
  });
});

function setup(...words: readonly string[]): { status: number | null; output: string[]; ran: string[] } {
  const { status, stdout } = spawnSync('sh', ['-c', 'exec "$0" "$@" 2>&1', 'bin/setup', ...words], {
    cwd: checkout,
    encoding: 'utf8',
    env: { PATH: join(checkout, 'host/bin'), HOME: join(checkout, 'home') },
  });
  return { status, output: independentOfMachine(lines(stdout)), ran: lines(read('ran')) };
}

/** The keyring and the ranges of ids are looked for on the machine itself. */
const independentOfMachine = (output: readonly string[]): string[] =>
  output
    .filter((line) => !line.includes('keyring'))
    .map((line) => line.replaceAll(/(--add-sub.ids) [0-9]+-[0-9]+/g, '$1 RANGE'));

const ordinaryUser = (): void => program('id', 'case $1 in -un) echo no-such-user ;; *) echo 54321 ;; esac');

const hintAtSubordinateIds =
  'setup: /etc/subuid gives no-such-user no ids, so builds need sudo; to build without it, run as root: usermod --add-subuids RANGE --add-subgids RANGE no-such-user';

const changed = (version: string) => ({ 'node_modules/left': { version, integrity: 'sha512-x' } });

function program(name: string, text: string, directory = 'bin'): void {
  const path = join('host', directory, name);
  rmSync(join(checkout, path), { force: true });
  write(path, `#!/bin/sh\n${text}\n`);
  chmodSync(join(checkout, path), 0o755);
}

function remove(...names: readonly string[]): void {
  for (const name of names) rmSync(join(checkout, 'host/bin', name));
}

const write = (path: string, text: string): void => writeFileSync(join(checkout, path), text);

const read = (path: string): string =>
  existsSync(join(checkout, path)) ? readFileSync(join(checkout, path), 'utf8') : '';

const lines = (text: string): string[] => (text === '' ? [] : text.replace(/\n$/, '').split('\n'));

function realPath(name: string): string {
  const found = ['/usr/bin', '/bin'].map((place) => join(place, name)).find((path) => existsSync(path));
  if (found === undefined) throw new Error(`this machine has no ${name}`);
  return found;
}
