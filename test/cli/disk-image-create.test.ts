// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandOutcome } from '../support/run-command.ts';
import { packageRoot, runCommand } from '../support/run-command.ts';

/** Where a command is run: whatever it creates is found here. */
let place: string;
beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'cli-test-'))));
afterEach(() => rmSync(place, { recursive: true }));

const elements = { ELEMENTS_PATH: join(packageRoot, 'test/cli/elements') };

function create(argv: readonly string[], environment: Readonly<Record<string, string>> = {}): CommandOutcome {
  const around = { ...elements, DIB_IMAGE_CACHE: join(place, 'cache'), ...environment };
  const { status, stdout, stderr } = runCommand('disk-image-create', argv, {
    environment: around,
    cwd: place,
  });
  const portable = (text: string): string => text.replaceAll(place, '{place}');
  return { status, stdout: portable(stdout), stderr: portable(stderr) };
}

const version = (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string })
  .version;

describe('information', () => {
  test('--version', () => {
    const said = { status: 0, stdout: `diskimage-builder version ${version}\n`, stderr: '' };
    expect(create(['--version'])).toEqual(said);
    expect(create(['--vers', '--bogus', '-t', 'nonsense'])).toEqual(said);
  });

  test.each(['--help', '-h', '--he'])('%s', async (word) => {
    const { status, stdout, stderr } = create([word]);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('disk-image-create.help.txt');
  });
});

describe('what is wrong', () => {
  test('no elements at all', () => {
    expect(create([])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        'no element was named\n' +
        '  name at least one, for example: disk-image-create -o image.qcow2 vm debian-minimal\n',
    });
  });

  test('an unknown option', () => {
    expect(create(['--no-tmpsf', '-n', 'tiny-os'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'unknown option --no-tmpsf\n  did you mean --no-tmpfs?\n',
    });
  });

  test('options, sizes, types, variables, files and elements are told of together, and nothing is created', () => {
    const argv = [
      '--image-size',
      'huge',
      '--bogus',
      '-n',
      'tiny-so',
      'greeter',
      'other-os',
      '-t',
      'qcow',
      '-o',
      'x',
    ];
    const environment = { DIB_JOURNAL_SIZE: '-1', DIB_ENV_FILE: 'none.env', DIB_DRY_RUN: '1' };
    expect(create([...argv, '--logfile', 'log'], environment)).toEqual({
      status: 2,
      stdout: '',
      stderr: `unknown option --bogus
  --help lists every option
--env-file: cannot read {place}/none.env: there is no such file
--image-size: "huge" is not a size in GB
  give a number of GB above 0, as in 3 or 2.5
DIB_JOURNAL_SIZE: "-1" is not a size in MB
  give a whole number of MB, as in 64
unknown output type qcow
  did you mean qcow2?
  the types are qcow2, raw, tar, tgz, tar.zst, squashfs, vhd, vhdx, vmdk, vdi, oci, initramfs, kernel
element \`tiny-so\` was not found
  did you mean tiny-os?
  looked in {root}/test/cli/elements, {root}/elements
\`tiny-os\` provides operating-system, but so does \`other-os\`
  leave one of the two out
`,
    });
    expect(readdirSync(place)).toEqual([]);
  });

  test('a file of variables that is not there: Node itself would look at the word after --env-file', () => {
    expect(create(['--env-file', 'none.env', '-n', 'tiny-os'])).toEqual({
      status: 2,
      stdout: '',
      stderr: '--env-file: cannot read {place}/none.env: there is no such file\n',
    });
  });

  test('elements that conflict', () => {
    const { status, stdout, stderr } = create(['-n', 'greeter', 'other-os']);
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "\`tiny-os\` provides operating-system, but so does \`other-os\`
        leave one of the two out
      "
    `);
  });

  test('a directory of ELEMENTS_PATH that is none', () => {
    expect(create(['tiny-os'], { ELEMENTS_PATH: '/nowhere:elements' })).toEqual({
      status: 2,
      stdout: '',
      stderr: `ELEMENTS_PATH names /nowhere, which is no directory
  correct the path, or leave the entry out
ELEMENTS_PATH names {place}/elements, which is no directory
  correct the path, or leave the entry out
`,
    });
  });

  test('a mistake in a block-device configuration is shown where it is', () => {
    writeFileSync(join(place, 'disk.yaml'), '- local_loop:\n    name: image0\n- mkfs:\n    nmae: x\n');
    const { status, stdout, stderr } = create(['-n', 'tiny-os'], {
      DIB_BLOCK_DEVICE_CONFIG: 'file://disk.yaml',
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toMatchInlineSnapshot(`
      "{place}/disk.yaml:4:5: mkfs has no key \`nmae\`
        4 |     nmae: x
          |     ^
        did you mean name?
      {place}/disk.yaml:3:3: mkfs needs \`base\`
        3 | - mkfs:
          |   ^
      {place}/disk.yaml:3:3: mkfs needs \`name\`
        3 | - mkfs:
          |   ^
      {place}/disk.yaml:3:3: mkfs needs \`type\`
        3 | - mkfs:
          |   ^
      "
    `);
  });

  test('places for the image and the log that cannot be used', () => {
    expect(create(['-n', '-o', 'no/where', '-t', 'tar', '--logfile', '.', 'tiny-os'])).toEqual({
      status: 2,
      stdout: '',
      stderr: `-o: the directory {place}/no does not exist
  make it: mkdir -p {place}/no
--logfile: {place} is a directory
`,
    });
    expect(readdirSync(place)).toEqual([]);
  });

  test('a program that is missing', () => {
    const { status, stdout, stderr } = create(['-n', '-t', 'tgz', 'tiny-os'], {
      DIB_GZIP_BIN: 'no-such-gzip',
    });
    expect({ status, stdout }).toEqual({ status: 2, stdout: '' });
    expect(stderr).toBe(
      'the program no-such-gzip is missing on this machine: compresses the tgz archive\n' +
        '  bin/setup installs what is missing; bin/setup --check only reports\n',
    );
    expect(readdirSync(place)).toEqual([]);
  });
});

describe('--dry-run', () => {
  test('prints the plan and starts nothing', async () => {
    const argv = [
      '--dry-run',
      '-n',
      '-a',
      'amd64',
      '-o',
      'out/x.qcow2',
      'greeter',
      '-p',
      'vim',
      '--image-size',
      '2',
    ];
    const { status, stdout, stderr } = create(argv);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    await expect(stdout).toMatchFileSnapshot('dry-run.plan.txt');
    expect(readdirSync(place)).toEqual([]);
  });

  test('=json prints all of it, less secrets', () => {
    const argv = ['--dry-run=json', '-n', '-a', 'amd64', '-t', 'tar', 'greeter', '-o', 'x'];
    const { status, stdout, stderr } = create(argv, { DIB_PASSWORD: 'open sesame' });
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({
      version: 1,
      program: 'disk-image-create',
      name: 'x',
      arch: 'amd64',
      elements: [
        { name: 'tiny-os', directory: '{root}/test/cli/elements/tiny-os' },
        { name: 'greeter', directory: '{root}/test/cli/elements/greeter' },
      ],
      environment: {
        ARCH: 'amd64',
        DIB_ARGS: argv.join(' '),
        DIB_PASSWORD: '***',
        IMAGE_ELEMENT: 'tiny-os greeter',
        HOME: '/home/ada',
      },
      tree: [
        { kind: 'hook', phase: 'root.d', element: 'tiny-os', script: '10-tree', runsIn: 'host' },
        { kind: 'hook', phase: 'install.d', element: 'greeter', script: '50-greeting', runsIn: 'target' },
      ],
      disk: null,
      outputs: [{ format: 'tar', file: '{place}/x.tar' }],
      execution: { workingDirectory: '{place}', store: { cacheDirectory: '{place}/cache' } },
    });
  });

  test('can be asked for by variable, from a file', () => {
    writeFileSync(join(place, 'ci.env'), 'DIB_DRY_RUN=json\nIMAGE_TYPE=raw\nSKIP_BASE=1\n');
    const { status, stdout } = create(['--env-file=ci.env', 'tiny-os', '-o', 'y']);
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outputs: [{ file: '{place}/y.raw' }],
      elements: [{ name: 'tiny-os' }],
    });
  });

  test('understands what octavia sends', () => {
    const argv = [
      '--dry-run=json',
      '',
      '',
      '-a',
      'amd64',
      '-o',
      'amphora',
      '-t',
      'qcow2',
      '--image-size',
      '2',
      '',
    ];
    const { status, stdout } = create([...argv, ' greeter  tiny-os '], { SKIP_BASE: '1' });
    expect(status).toBe(0);
    expect(JSON.parse(stdout)).toMatchObject({
      outputs: [{ file: '{place}/amphora.qcow2' }],
      disk: { request: { size: 2 * 2 ** 30 } },
    });
  });
});
