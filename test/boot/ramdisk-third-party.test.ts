// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { BootPair } from '../../lib/boot/inspect-pair.ts';
import { buildPair, quick } from '../support/built-image.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { expectRestart, linesOf, withPair } from '../support/pair-guest.ts';
import { requires } from '../support/requires.ts';
import { packageRoot } from '../support/run-command.ts';

const isReady = requires({
  namespaces: true,
  network: true,
  programs: ['mmdebstrap', 'qemu-system-x86_64', 'qemu-img'],
});

const directory = useImageDirectory();
const fixtures = join(packageRoot, 'test/fixtures/elements-ramdisk');
const rule = readFileSync(join(fixtures, 'elements/lamp/udev.d/60-lamp.rules'), 'utf8');

describe.each([
  ["an element in today's form", { ELEMENTS_PATH: join(fixtures, 'elements') }],
  ['a flavour of the first generation', { FLAVOURS_DIR: join(fixtures, 'flavours') }],
])('a third party’s %s', (_form, environment) => {
  let pair: BootPair;
  beforeAll(async () => {
    if (!isReady) return;
    pair = await buildPair({
      directory: directory(),
      name: `lamp-${Object.keys(environment).join('')}`,
      words: ['lamp', 'debian-minimal'],
      environment: { ...quick, ...environment },
    });
  });

  test('has its fragment, program and rule in the RAM disk, and they work', async () => {
    await withPair(pair, { append: 'ramdisk_end=shell' }, async (session) => {
      await session.waitFor(/^init: done; shell$/m);
      expect(linesOf(session, 'lamp')).toEqual([
        'the program says green',
        'the rule made ttyS0',
        'the rule is among those of udev',
        'the fragment is at its end',
      ]);
      await session.takeShell(/[#$] $/);
      const { exitStatus, output } = await session.run(`
        cat /lib/udev/rules.d/60-lamp.rules
        echo '{"a": [1, 2]}' | jq --compact-output '.a | map(. + 1)'
        readlink /dev/lamp
      `);
      expect({ exitStatus, output }).toEqual({ exitStatus: 0, output: `${rule}[2,3]\nttyS0\n` });
      session.type('exit\n');
      await expectRestart(session);
    });
  });
});
