// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone, printedBy, stepsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildOutcome } from '../support/build-place.ts';
import { requires } from '../support/requires.ts';
import { packageRoot } from '../support/run-command.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

const words = ['-t', 'tar', '-o', 'x', 'stages'];

const stages = {
  'element-deps': 'tiny-os\n',
  'install.d/50-first': bash('echo first >/etc/stage'),
  'post-install.d/50-second': bash('cat /etc/stage'),
};

/** Why the break command ran, and what it printed. */
const shellsOf = ({ events }: BuildOutcome): readonly string[] =>
  events.flatMap((event) => {
    if (event.kind !== 'note' && event.kind !== 'output') return [];
    const why = event.text.split('; there is no terminal, running: ');
    return event.text.startsWith('> ') || why.length > 1 ? why.slice(0, 1) : [];
  });

describeForEveryone('without a terminal', (place) => {
  test('the break command runs where the hooks of the phase run, and what it does stays', async () => {
    place().element('stages', stages);
    const environment = {
      break: 'before-install.d,after-install.d,before-cleanup.d',
      break_cmd: 'echo "> $PWD $(cat /etc/stage 2>&1)"; [ ! -w /etc/stage ] || echo broken >/etc/stage',
    };
    const outcome = expectDone(await place().create(words, { environment: { ...environment } }));
    expect(shellsOf(outcome).map(place().portable)).toEqual([
      'break=before-install.d',
      '> / cat: /etc/stage: No such file or directory',
      'break=after-install.d',
      '> / first',
      'break=before-cleanup.d',
      '> {place}/out cat: /etc/stage: No such file or directory',
    ]);
    expect(printedBy(outcome, 'post-install.d/50-second')).toEqual(['broken']);
  });

  test('a break command that does nothing changes nothing for the builds after it', async () => {
    place().element('stages', stages);
    const environment = { break: 'before-install.d,after-install.d', break_cmd: 'true' };
    expectDone(await place().create(words, { environment }));
    const again = stepsOf(expectDone(await place().create(words)));
    expect(again).toEqual([
      'reused root.d/10-tree',
      'reused install.d/50-first',
      'reused post-install.d/50-second',
    ]);
  });

  test.each([{ break: 'after-error' }, { DIB_SHELL_ON_FAILURE: '1' }])(
    'after a failure it sees the tree as the hook left it: %o',
    async (settings) => {
      place().element('stages', { ...stages, 'install.d/60-fail': bash('echo half >/etc/half; exit 9') });
      const environment = { ...settings, break_cmd: 'echo "> $(cat /etc/half)"' };
      const outcome = await place().create(words, { environment });
      expect(outcome.status).toBe(1);
      expect(shellsOf(outcome)).toEqual(['install.d/60-fail failed; the tree is as it left it', '> half']);
    },
  );

  test('break_outside_target keeps it on the host', async () => {
    place().element('stages', stages);
    const environment = {
      break: 'before-post-install.d',
      break_outside_target: '1',
      break_cmd: 'echo "> $PWD $(cat "$TMP_MOUNT_PATH/etc/stage")"',
    };
    const outcome = expectDone(await place().create(words, { environment }));
    expect(shellsOf(outcome).map(place().portable)).toEqual([
      'break=before-post-install.d',
      '> {place}/out first',
    ]);
  });
});

describe('on a terminal', () => {
  requires({ programs: ['script'] });
  const place = useBuildPlace('root');

  test('the shell is interactive and has it until it ends', () => {
    place().element('stages', stages);
    const command = [process.execPath, join(packageRoot, 'bin/disk-image-create'), '-n', ...words].join(' ');
    const { status, stdout } = spawnSync('script', ['-qec', command, '/dev/null'], {
      cwd: place().out,
      encoding: 'utf8',
      input: '[ -t 0 ] && echo "interactive: $-"; cat /etc/stage; kill -INT $$\nexit\n',
      env: {
        PATH: place().path,
        HOME: join(place().directory, 'home'),
        TERM: 'dumb',
        ELEMENTS_PATH: `${place().directory}/elements:${packageRoot}/test/fixtures/elements`,
        DIB_IMAGE_CACHE: place().cache,
        break: 'after-install.d',
      },
    });
    expect(status).toBe(0);
    expect(stdout).toMatch(/A shell is opened: break=after-install\.d/);
    expect(stdout).toMatch(/^interactive: \w*im\w*\r$/m);
    expect(stdout).toMatch(/^first\r$/m);
    expect(stdout).toMatch(/The shell has ended/);
  });
});
