// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandOutcome } from '../support/run-command.ts';
import { packageRoot, runCommand } from '../support/run-command.ts';

let place: string;
beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'cli-test-'))));
afterEach(() => rmSync(place, { recursive: true }));

const write = (name: string, text: string): void => writeFileSync(join(place, name), text);

/** Runs the command where the files are; the place is `{place}` in what it prints. */
function run(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): CommandOutcome {
  const { status, stdout, stderr } = runCommand('diskimage-builder', argv, {
    cwd: place,
    environment: { ELEMENTS_PATH: join(packageRoot, 'test/fixtures/elements'), ...environment },
  });
  const portable = (text: string): string => text.replaceAll(place, '{place}');
  return { status, stdout: portable(stdout), stderr: portable(stderr) };
}

const help = `Usage: diskimage-builder build [options] <file...>

Builds the images that YAML files list, several at once as far as the machine
has room. All are planned before the first is begun. Steps that images share are
made once. The word build may be left out before a FILE.

Arguments:
  file                lists of images; entries of the same imagename are one
                      image

Options:
  --dry-run           print the command and the plan of each image, and stop
  --stop-on-failure   when an image fails stop the others, too
  --jobs <number>     build so many at once (default: by cores, memory and disk)
  --progress <style>  tty, plain, json, none or auto, as with disk-image-create
  -h, --help          print this and stop
`;

const two = `- imagename: web
  skip-base: true
  types: [tar]
  environment:
    GREETING: it's me
    API_TOKEN: sesame street
  elements: [tiny-os]
- imagename: db.tar
  types: [tar]
  skip-base: true
  elements: [tiny-os]
`;

const planOf = (name: string): string => `image ${name} for amd64

Elements
  tiny-os  {root}/test/fixtures/elements/tiny-os

Steps
  root.d  on the host
    10-tree  tiny-os

Outputs
  {place}/${name}.tar  tar  from the tree

Programs needed
  tar  packs the tree
`;

describe('diskimage-builder build', () => {
  test('--help', () => {
    expect(run(['build', '--help'])).toEqual({ status: 0, stdout: help, stderr: '' });
  });

  test('without a file', () => {
    expect(run(['build'])).toEqual({
      status: 2,
      stdout: '',
      stderr: "error: missing required argument 'file'\n(--help says more)\n",
    });
  });

  test.each([
    [
      ['--jobs', '0'],
      "error: option '--jobs <number>' argument '0' is invalid. It is to be a whole number of at least 1.",
    ],
    [
      ['--progress', 'plian'],
      `error: option '--progress <style>' argument 'plian' is invalid. "plian" is not one of auto, tty, plain, json, none; did you mean plain?`,
    ],
  ])('%j', (words, message) => {
    write('two.yaml', two);
    expect(run(['build', ...words, 'two.yaml'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `${message}\n(--help says more)\n`,
    });
  });

  test('a file that is not there', () => {
    expect(run(['build', 'none.yaml'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'cannot read {place}/none.yaml: there is no such file\n',
    });
  });
});

describe('--dry-run', () => {
  test('prints the plan of each image, and to standard error the command that builds it, secrets masked', () => {
    write('two.yaml', two);
    expect(run(['build', '--dry-run', 'two.yaml'], { ARCH: 'amd64' })).toEqual({
      status: 0,
      stdout: planOf('web') + planOf('db'),
      stderr:
        String.raw`GREETING='it'\''s me' API_TOKEN='***' disk-image-create -o web -t tar -n tiny-os` +
        '\ndisk-image-create -o db.tar -t tar -n tiny-os\n',
    });
    expect(readdirSync(place)).toEqual(['two.yaml']);
  });

  test.each([
    [['two.yaml', '--dry-run']],
    [['--dry-run', '--stop-on-failure', 'two.yaml']],
    [['build', '--dry-run', 'two.yaml']],
  ])('with or without the word build: %j', (words) => {
    write('two.yaml', two);
    const { status, stdout } = run(words, { ARCH: 'amd64' });
    expect({ status, stdout }).toEqual({ status: 0, stdout: planOf('web') + planOf('db') });
  });

  test('of a list under any name', () => {
    write('images', two);
    expect(run(['images', '--dry-run'], { ARCH: 'amd64' }).stdout).toBe(planOf('web') + planOf('db'));
  });

  test('as JSON when the variable says so', () => {
    write('two.yaml', two.slice(0, two.indexOf('- imagename: db')));
    const { stdout } = run(['build', 'two.yaml'], { DIB_DRY_RUN: 'json' });
    expect(JSON.parse(stdout)).toMatchObject({ name: 'web', outputs: [{ format: 'tar' }] });
  });
});

describe('problems', () => {
  test('of all images are told together, what concerns several once', () => {
    write(
      'bad.yaml',
      `- imagename: web
  elements: [tiny-os, wbe]
- imagename: db
  elements: [tiny-os]
  environment: {FS_TYPE: ext9, DIB_CHECKSUM: md6}
- imagename: cache
  elements: [tiny-os]
  environment: {DIB_CHECKSUM: md6}
`,
    );
    mkdirSync(join(place, 'out'));
    const { status, stdout, stderr } = run(['build', 'bad.yaml']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "bad.yaml:1:3: image web: element \`wbe\` was not found
        1 | - imagename: web
          |   ^
        looked in {root}/test/fixtures/elements, {root}/elements
      images db, cache: DIB_CHECKSUM: "md6" is no kind of checksum
        did you mean md5?
        give md5, sha256, or 1 for both
      bad.yaml:3:3: image db: the file system mkfs_root is of type ext9, which is not supported yet
        3 | - imagename: db
          |   ^
        use ext4, ext3, ext2, vfat or swap
      "
    `);
    expect(readdirSync(place).sort()).toEqual(['bad.yaml', 'out']);
  });

  test('two images may not write the same file', () => {
    write('same.yaml', two.replace('db.tar', 'web.tar'));
    expect(run(['build', 'same.yaml'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `same.yaml:8:3: images web and web.tar would both write {place}/web.tar
  8 | - imagename: web.tar
    |   ^
  give one of them another imagename
`,
    });
  });

  test('what the machine lacks is told for all before the first is begun', () => {
    write('places.yaml', two.replace('imagename: web', 'imagename: here/web').replace('db.tar', 'there/db'));
    expect(run(['build', 'places.yaml'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `places.yaml:1:3: image here/web: -o: the directory {place}/here does not exist
  1 | - imagename: here/web
    |   ^
  make it: mkdir -p {place}/here
places.yaml:8:3: image there/db: -o: the directory {place}/there does not exist
  8 | - imagename: there/db
    |   ^
  make it: mkdir -p {place}/there
`,
    });
  });
});
