// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chownSync, mkdirSync, readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { expect, test } from 'vitest';
import { expectDone, failureIn, stepsOf } from '../support/build-events.ts';
import { describeForEveryone } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace } from '../support/build-place.ts';
import { requires } from '../support/requires.ts';

requires({ programs: ['flock', 'git', 'setcap'] });

/** ELEMENTS_PATH with the fixture's directories in the order that decides. */
function elementsPath(place: BuildPlace): string {
  const fixture = join(dirname(dirname(place.program('x'))), 'test/fixtures/elements-upstream');
  return ['site', 'vendor'].map((name) => join(fixture, name)).join(':');
}

type Environment = Readonly<Record<string, string>>;

/** Builds `images/feature.tar`. */
function build(
  place: BuildPlace,
  argv: readonly string[],
  environment: Environment = {},
): Promise<BuildOutcome> {
  const images = join(place.out, 'images');
  mkdirSync(images, { recursive: true });
  chownSync(images, place.person.uid, place.person.gid);
  return place.create([...output, ...argv], {
    environment: { ELEMENTS_PATH: elementsPath(place), ...environment },
  });
}

const output = ['-t', 'tar', '-o', 'images/feature'];

/** Everything that elements of the fixture ask of their caller. */
function buildEveryFeature(place: BuildPlace): Promise<BuildOutcome> {
  const words = ['-p', 'first,second', 'every-feature'];
  return build(place, words, {
    USER: place.person.name,
    CALLER_SAYS: 'two words\nand "lines" $HOME',
    CALLERS_DIRECTORY: place.out,
    CALLERS_IMAGE: 'images/feature',
    CALLERS_NAME_SERVERS: readFileSync('/etc/resolv.conf', 'utf8').trimEnd(),
    CALLERS_WORDS: ['-n', '--progress=json', ...output, ...words].join(' '),
    DIB_INSTALLTYPE_install_ways: 'package',
    CALLERS_SOURCES: makeSources(place),
    DIB_REPOREF_fetched_git: 'branch',
    DIB_TOLD: 'yes',
    DIB_SITE_PASSWORD: 'open sesame',
    http_proxy: 'http://proxy.example:3128',
    no_proxy: 'localhost',
  });
}

/** A file, a tar file and a git repository to be fetched, the same for every build of a place. @returns where. */
function makeSources({ directory, person }: BuildPlace): string {
  const script = `
    set -eu; [ ! -d sources ] || exit 0; mkdir -p sources/inner sources/repository; cd sources
    echo one >file; echo two >inner/file; tar -cf archive.tar inner
    cd repository; git init -q; git checkout -q -b master; echo three >file; git add file
    export GIT_AUTHOR_NAME=a GIT_AUTHOR_EMAIL=a@b GIT_COMMITTER_NAME=a GIT_COMMITTER_EMAIL=a@b
    git commit -q -m one; git checkout -q -b branch; touch of-branch; git add .; git commit -q -m two; git checkout -q master
    cd ../..; chown -R "$1" sources`;
  const made = spawnSync('bash', ['-c', script, 'sources', `${person.uid}:${person.gid}`], {
    cwd: directory,
    encoding: 'utf8',
  });
  if (made.status !== 0) throw new Error(made.stderr);
  return join(directory, 'sources');
}

/** `PHASE/SCRIPT: PROMISE` for every promise that a hook found kept, in the order of the hooks. */
function promisesKept({ events }: BuildOutcome): readonly string[] {
  let hook = '';
  return events.flatMap((event) => {
    if (event.kind === 'step-started') hook = event.title;
    if (event.kind !== 'output' || !event.text.startsWith('kept: ')) return [];
    return [`${hook}: ${event.text.slice('kept: '.length)}`];
  });
}

/** Paths below `images`, directories with a slash, and whose they are when not the builder's. */
const imagesOf = ({ out, person }: BuildPlace): readonly string[] =>
  readdirSync(join(out, 'images'), { withFileTypes: true, recursive: true })
    .map((entry) => {
      const path = join(entry.parentPath, entry.name);
      const { uid } = statSync(path);
      const name = relative(join(out, 'images'), path);
      return `${name}${entry.isDirectory() ? '/' : ''}${uid === person.uid ? '' : ` of user ${uid}`}`;
    })
    .sort();

/** `mode path` of what the image holds below some directories. */
function packed({ out }: BuildPlace, ...paths: readonly string[]): readonly string[] {
  const argv = [
    '--list',
    '--verbose',
    '--file',
    join(out, 'images/feature.tar'),
    ...paths.map((path) => `./${path}`),
  ];
  const { status, stdout, stderr } = spawnSync('tar', argv, { encoding: 'utf8' });
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^(\S+) .*? (\.\/.*)$/, '$1 $2'));
}

function packedText({ out }: BuildPlace, path: string): string {
  const argv = ['--extract', '--to-stdout', '--file', join(out, 'images/feature.tar'), `./${path}`];
  return spawnSync('tar', argv, { encoding: 'utf8' }).stdout;
}

describeForEveryone('elements in the manner of upstream', (place) => {
  test('find every promise of the contract kept, also when layers are reused', async () => {
    const outcome = expectDone(await buildEveryFeature(place()));
    const kept = `${promisesKept(outcome).join('\n')}\n`;
    await expect(kept).toMatchFileSnapshot('elements-upstream.promises.txt');
    expect(imagesOf(place())).toEqual([
      'feature.d/',
      'feature.d/dib-manifests/',
      'feature.d/dib-manifests/dib-element-manifest',
      'feature.d/dib-manifests/dib-manifest-git-feature',
      'feature.d/dib-manifests/dib_arguments',
      'feature.d/dib-manifests/dib_environment',
      'feature.d/dib-manifests/recorded-build',
      'feature.d/year',
      'feature.kernel',
      'feature.tar',
    ]);
    expect(packed(place(), 'tmp', 'root', 'var/log', 'var/cache', 'odd', '.litter')).toEqual([
      '-rw-r--r-- ./.litter',
      'drwxr-xr-x ./odd/',
      String.raw`-rw-r--r-- ./odd/a\nline, "blanks" and \\`,
      'lrwxrwxrwx ./odd/dangling -> /nowhere',
      '-rw-r--r-- ./odd/first',
      'drwxrwsr-x ./odd/group/',
      '-rw-r--r-- ./odd/größe',
      'prw-r--r-- ./odd/pipe',
      'hrw-r--r-- ./odd/second link to ./odd/first',
      '-rws--s--x ./odd/setuid',
      '-rw-r--r-- ./odd/sparse',
      'drwxr-xr-x ./root/',
      'drwxr-xr-x ./root/.cache/',
      '-rw-r--r-- ./root/litter.txt',
      'drwxrwxrwt ./tmp/',
      'drwxr-xr-x ./var/cache/',
      'drwxr-xr-x ./var/cache/borrowed/',
      'drwxr-xr-x ./var/log/',
      'drwxr-xr-x ./var/log/litter/',
      '-rw-r--r-- ./var/log/litter/log',
    ]);
    expect(packedText(place(), 'etc/resolv.conf')).toBe('nameserver 192.0.2.53\n');
    expect(packedText(place(), 'etc/fstab')).toBe('LABEL=cloudimg-rootfs / ext4 defaults 0 1\n');
    expect(packed(place(), 'etc').filter((line) => line.includes('resolv'))).toEqual([
      '-rw-r--r-- ./etc/resolv.conf',
    ]);
    expect(packedText(place(), 'var/log/litter/log')).toBe('');
    const again = expectDone(await buildEveryFeature(place()));
    const repeated = stepsOf(again).flatMap((step) => /^ran (.*)\//.exec(step)?.[1] ?? []);
    expect([...new Set(repeated)]).toEqual(['extra-data.d', 'post-root.d', 'pre-finalise.d', 'cleanup.d']);
  });

  test('find promises of options kept', async () => {
    const argv = ['-x', '--offline', '--no-tmpfs', '--install-type', 'package'];
    const elements = ['acme-linux', 'dotted-hooks', 'linked-name-servers', 'told-options'];
    const outcome = await build(place(), [...argv, ...elements], {
      DIB_CHECKSUM: 'md5',
      ROOT_LABEL: 'fruit',
      RUN_PARTS_REGEX: '^[[:digit:]]+-[[:alnum:].-]+$',
    });
    const told = [
      '--offline and -x are told',
      '--install-type, --no-tmpfs, --checksum and --root-label are told',
      'a trace names script and line',
    ];
    expect(promisesKept(expectDone(outcome))).toEqual([
      ...told.map((promise) => `extra-data.d/50-told-options: ${promise}`),
      'install.d/50-dotted-hooks.sh: RUN_PARTS_REGEX says which names are hooks',
      ...told.map((promise) => `install.d/50-told-options: ${promise}`),
      'finalise.d/50-linked-name-servers: a link that a hook makes is left alone',
    ]);
    expect(packed(place(), 'etc').filter((line) => line.includes('resolv'))).toEqual([
      'lrwxrwxrwx ./etc/resolv.conf -> ../run/resolve/stub.conf',
    ]);
  });

  test.each([
    {
      element: 'dies-in-a-condition',
      failure: { phase: 'extra-data.d', exitStatus: 1, lastLines: ['ERROR: the ground is not firm'] },
    },
    {
      element: 'fails-with-status',
      failure: { phase: 'install.d', exitStatus: 7, lastLines: ['about to fail'] },
    },
  ])('fail the build: $element', async ({ element, failure }) => {
    const outcome = await build(place(), ['acme-linux', element]);
    expect({ status: outcome.status, failure: failureIn(outcome) }).toEqual({
      status: 1,
      failure: { kind: 'hook-failed', element, script: `50-${element}`, ...failure },
    });
  });
});
