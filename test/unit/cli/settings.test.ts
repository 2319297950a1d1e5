// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { describeOptions } from '../../../lib/cli/describe-options.ts';
import { outputFormats } from '../../../lib/formats/index.ts';
import type { Setting } from '../../../lib/cli/setting.ts';
import { settings } from '../../../lib/cli/settings.ts';

const rows = Object.entries<Setting<unknown>>(settings);
const all = rows.map(([, setting]) => setting);
const flags = all.flatMap((setting) => setting.flags);
const variables = all.flatMap((setting) => setting.variables);

describe('the table', () => {
  test('no option or variable stands for two settings', () => {
    expect(new Set(flags).size).toBe(flags.length);
    expect(new Set(variables).size).toBe(variables.length);
  });

  test('every option can be set by variable, too', () => {
    const without = rows.filter(([, setting]) => setting.variables.length === 0).map(([name]) => name);
    expect(without).toEqual(['version', 'help']);
  });

  test('what a switch stands for is a value it reads', () => {
    const switches = all.filter(({ argument }) => argument === null || argument.isOptional);
    for (const {
      flags: [flag],
      flagText,
      read,
    } of switches.filter(({ flags }) => flags.length > 0)) {
      expect([flag, 'value' in read(flagText)]).toEqual([flag, true]);
    }
  });

  test('upstream knows these options', () => {
    const known = [
      '-a',
      '-h',
      '-o',
      '-t',
      '-x',
      '-u',
      '-c',
      '-n',
      '-p',
      '--checksum',
      '--no-tmpfs',
      '--offline',
    ].concat(
      ['--help', '--version', '--min-tmpfs', '--image-size', '--image-cache', '--max-online-resize'],
      ['--mkfs-options', '--qemu-img-options', '--ramdisk-element', '--root-label', '--install-type'],
      ['--docker-target', '--logfile', '--image-extra-size', '--mkfs-journal-size'],
    );
    expect(known.filter((flag) => !flags.includes(flag))).toEqual([]);
  });
});

describe('help', () => {
  const help = describeOptions('disk-image-create');
  const lines = help.split('\n');

  test('names every option and every variable', () => {
    const words = new Set(help.split(/[\s,;[\]=]+/));
    expect([...flags, ...variables].filter((name) => !words.has(name))).toEqual([]);
  });

  test('fits 80 columns', () => {
    expect(lines.filter((line) => line.length > 80)).toEqual([]);
  });

  test('shows an option with its argument, what it does, its variable and its default', () => {
    const start = lines.indexOf('  --image-size=GB');
    expect(lines.slice(start, start + 3)).toEqual([
      '  --image-size=GB',
      '        Size of the disk, exactly. Fractions are fine. [DIB_IMAGE_SIZE; default:',
      '        what the content needs]',
    ]);
  });

  test('lists the output types there are', () => {
    const types = Object.keys(outputFormats).join(', ');
    expect(help.replaceAll(/\s+/g, ' ')).toContain(
      `Formats to make. Known are ${types}. [IMAGE_TYPE; default: qcow2; of ramdisk-image-create none]`,
    );
  });
});
