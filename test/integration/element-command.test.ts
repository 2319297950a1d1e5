// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { phasesOfTree } from '../../lib/model/phases.ts';
import { describeForEveryone } from '../support/build-place.ts';
import type { BuildPlace } from '../support/build-place.ts';
import { packageRoot } from '../support/run-command.ts';

const allPhases = phasesOfTree.map(({ name }) => name);

type Said = { readonly status: number | null; readonly lines: readonly string[] };

/** `diskimage-builder element …` as the person of a place runs it, in its directory; lengths of time are `T`. */
function element(place: BuildPlace, argv: readonly string[]): Said {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [place.program('diskimage-builder'), 'element', ...argv],
    {
      cwd: place.out,
      encoding: 'utf8',
      env: {
        PATH: place.path,
        HOME: join(place.directory, 'home'),
        TMPDIR: join(place.directory, 'tmp'),
        DIB_IMAGE_CACHE: place.cache,
        ELEMENTS_PATH: [place.out, join(packageRoot, 'test/fixtures/elements')].join(':'),
      },
      ...(process.getuid?.() === 0 ? { uid: place.person.uid, gid: place.person.gid } : {}),
    },
  );
  const text = place.portable(`${stdout}${stderr}`).replaceAll(/\(\d.*?\)$/gm, '(T)');
  return { status, lines: text.trimEnd().split('\n') };
}

describeForEveryone('element', (place) => {
  const change = (path: string, change: (text: string) => string): void => {
    const file = join(place().out, path);
    writeFileSync(file, change(readFileSync(file, 'utf8')));
  };

  test('new makes an element with hooks in every phase that builds and passes its test', () => {
    const words = allPhases.flatMap((phase) => ['--phase', phase]);
    expect(element(place(), ['new', 'hello', ...words]).status).toBe(0);
    expect(element(place(), ['test', 'hello', '--os', 'tiny-os'])).toEqual({
      status: 0,
      lines: ['hello: hello-test … pass (T)', '1 passed, 0 failed'],
    });
    expect(readdirSync(join(place().directory, 'tmp'))).toEqual([]);
  });

  test('test tells of each test whether it passes, and what a hook that failed has said', () => {
    expect(element(place(), ['new', 'good']).status).toBe(0);
    expect(element(place(), ['new', 'hello']).status).toBe(0);
    change('hello/install.d/50-hello', (text) => text.replace('install.d', 'walrus'));
    expect(element(place(), ['test', 'hello', 'good', '--os=tiny-os'])).toEqual({
      status: 1,
      lines: [
        'hello: hello-test … fail (T)',
        '    Hook cleanup.d/95-check-hello of element hello-test failed: exit status 1.',
        '',
        '    The last line it printed:',
        '        /etc/hello names the phases walrus, not install.d',
        '',
        '    No log file was kept; --logfile FILE, or the variable LOGFILE, keeps one.',
        '',
        '    To go on from this hook (finished layers are reused), run the same command again:',
        '        diskimage-builder element test hello good --os=tiny-os',
        'good: good-test … pass (T)',
        '1 passed, 1 failed',
      ],
    });
  });

  test('test builds the formats that a test asks for, and keeps them when told to', () => {
    expect(element(place(), ['new', 'hello']).status).toBe(0);
    writeFileSync(
      join(place().out, 'hello/test-elements/hello-test/test-output-formats'),
      'tar\ntgz squashfs\n',
    );
    const { status, lines } = element(place(), ['test', 'hello', '--os', 'tiny-os', '--keep']);
    const [verdict, kept = '', summary] = lines;
    expect([status, verdict, summary]).toEqual([0, 'hello: hello-test … pass (T)', '1 passed, 0 failed']);
    const directory = kept.replace('    kept in {place}', place().directory);
    expect(
      readdirSync(directory)
        .filter((name) => !name.endsWith('.d'))
        .sort(),
    ).toEqual(['image.squash', 'image.tar', 'image.tgz']);
    rmSync(directory, { recursive: true });
  });

  test('test runs the script of an element, which finds the commands and the elements', () => {
    expect(element(place(), ['new', 'hello']).status).toBe(0);
    rmSync(join(place().out, 'hello/test-elements'), { recursive: true });
    const script = join(place().out, 'hello/test');
    writeFileSync(
      script,
      '#!/bin/bash\nset -eu\necho said\ndisk-image-create --dry-run -n -t tar hello tiny-os\n',
    );
    expect(element(place(), ['test', 'hello'])).toEqual({
      status: 1,
      lines: [
        'hello: test … fail (T)',
        '    {place}/out/hello/test is not executable: chmod +x {place}/out/hello/test',
        '0 passed, 1 failed',
      ],
    });
    chmodSync(script, 0o755);
    expect(element(place(), ['test', 'hello'])).toEqual({
      status: 0,
      lines: ['hello: test … pass (T)', '1 passed, 0 failed'],
    });
    writeFileSync(script, '#!/bin/bash\necho "$ELEMENTS_PATH"\npwd >&2\nexit 3\n');
    const { status, lines } = element(place(), ['test', 'hello']);
    expect([status, lines[1]?.split(':')[0], lines[3]]).toEqual([1, '    {place}/out', '0 passed, 1 failed']);
    expect(lines[2]).toMatch(/^ {4}\{place\}\/tmp\/dib-element-test-\w+$/);
    expect(existsSync(join(place().directory, lines[2]?.trim().replace('{place}/', '') ?? ''))).toBe(false);
  });

  test('a changed test makes no layer of the element anew', () => {
    expect(element(place(), ['new', 'hello', '--phase', 'install.d', '--phase', 'finalise.d']).status).toBe(
      0,
    );
    const hook = 'echo "ran $(date +%s%N)" >>/etc/ran';
    change('hello/install.d/50-hello', (text) => `${text}${hook}\n`);
    const check = 'hello/test-elements/hello-test/cleanup.d/95-check-hello';
    const ran = (): string => {
      change(check, (text) => `${text}cp "$TARGET_ROOT/etc/ran" "${place().out}/ran"\n`);
      expect(element(place(), ['test', 'hello', '--os', 'tiny-os']).status).toBe(0);
      return readFileSync(join(place().out, 'ran'), 'utf8');
    };
    const first = ran();
    expect(first).toMatch(/^ran \d+\n$/);
    writeFileSync(join(place().out, 'hello/test'), '#!/bin/sh\n', { mode: 0o755 });
    expect(ran()).toBe(first);
  });
});
