// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../support/run-command.ts';
import type { CommandOutcome } from '../support/run-command.ts';

let place: string;
beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'get-kernel-'))));
afterEach(() => rmSync(place, { recursive: true }));

const getKernel = (
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): CommandOutcome => runCommand('disk-image-get-kernel', argv, { cwd: place, environment });

const refusal = (...lines: readonly string[]): CommandOutcome => ({
  status: 2,
  stdout: '',
  stderr: lines.map((line) => `${line}\n`).join(''),
});

const noImage = [
  'you must specify an image to read from with -i FILE',
  '  for example: disk-image-get-kernel -i image.qcow2',
];

test('--help and -h say the same, whatever else is said', () => {
  const help = getKernel(['--help']);
  expect({ ...help, stdout: help.stdout.split('\n')[0] }).toEqual({
    status: 0,
    stdout: 'Usage: disk-image-get-kernel -i IMAGE [-d DIRECTORY] [-o PREFIX] [-x]',
    stderr: '',
  });
  expect(getKernel(['-xh', '-i', 'nothing'])).toEqual(help);
});

test('--version', () => {
  expect(getKernel(['--version'])).toEqual({
    status: 0,
    stdout: 'diskimage-builder version 0.1.0\n',
    stderr: '',
  });
});

describe('refuses', () => {
  test('to guess the image', () => {
    expect(getKernel([])).toEqual(refusal(...noImage));
    expect(getKernel(['image.qcow2'])).toEqual(
      refusal(...noImage, 'image.qcow2 is one word too many', '  write -i image.qcow2 if it is the image'),
    );
  });

  test('options that it does not have, and those without their argument', () => {
    expect(getKernel(['-z', '-i'])).toEqual(
      refusal(
        'unknown option -z',
        '  --help lists every option',
        'option -i needs an argument',
        '  write it as -i IMAGE',
        ...noImage,
      ),
    );
  });

  test('a prefix that is a path', () => {
    expect(getKernel(['-i', 'x', '-o', 'out/web'])).toEqual(
      refusal("-o: out/web is no beginning of a file's name", '  write -d for the directory, as in -d out'),
    );
  });

  test('one pattern without the other', () => {
    expect(getKernel(['-i', 'x'], { DIB_BAREMETAL_INITRD_PATTERN: 'rd*' })).toEqual(
      refusal(
        'DIB_BAREMETAL_INITRD_PATTERN is set, but DIB_BAREMETAL_KERNEL_PATTERN is not',
        '  set both or none',
      ),
    );
  });

  test('a directory that is none', () => {
    writeFileSync(join(place, 'file'), '');
    expect(getKernel(['-i', 'x', '-d', 'file'])).toEqual(
      refusal(`-d: ${place}/file is no directory`, '  make the directory first, or name another'),
    );
    expect(getKernel(['-i', 'x', '-d', 'nowhere'])).toEqual(
      refusal(`-d: ${place}/nowhere is not there`, '  make the directory first, or name another'),
    );
  });

  test('a directory for an image', () => {
    expect(getKernel(['-i', '.', '-d', '.'])).toEqual(
      refusal(
        'image file . is not readable: it is a directory',
        '  name a disk image with -i, for example image.qcow2',
      ),
    );
  });
});

test('says which program it lacks', () => {
  writeFileSync(join(place, 'image.raw'), 'x');
  const node = join(place, 'node');
  writeFileSync(node, `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
  chmodSync(node, 0o755);
  const outcome = getKernel(['-i', 'image.raw', '-d', '.'], { PATH: place });
  expect(outcome).toEqual({
    status: 1,
    stdout: '',
    stderr: `grub-fstest is not installed: it reads file systems in disk images (package grub-common, or grub2-tools-extra)
  \`bin/setup\` installs what is missing
`,
  });
  expect(readdirSync(place).sort()).toEqual(['image.raw', 'node']);
});
