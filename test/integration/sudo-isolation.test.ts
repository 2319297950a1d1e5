// SPDX-License-Identifier: Apache-2.0
import { readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { expectDone, failureIn, printedBy, stepsOf } from '../support/build-events.ts';
import type { BuildPlace } from '../support/build-place.ts';
import { useBuildPlace } from '../support/build-place.ts';
import { leaksAfter, noLeaks } from '../support/leaks.ts';
import { succeed } from '../support/ordinary-user.ts';
import { requires } from '../support/requires.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

const words = ['--isolation', 'sudo', '-t', 'qcow2,tar', '--checksum', '-o', 'x', 'plain'];

describe('a build through sudo', () => {
  requires({ root: true, programs: ['sudo', 'visudo'] });
  const place = useBuildPlace('an ordinary user');
  const rule = (): string => join('/etc/sudoers.d', place().person.name);

  beforeEach(() => {
    const { name } = place().person;
    const file = succeed(process.execPath, [place().program('diskimage-builder'), 'sudoers', '--user', name]);
    const draft = join(place().directory, 'rule');
    writeFileSync(draft, file, { mode: 0o440 });
    succeed('visudo', ['-c', '-f', draft]);
    succeed('install', ['-m', '440', '-o', 'root', '-g', 'root', draft, rule()]);
    place().element('plain', {
      'element-deps': 'tiny-os\n',
      'root.d/50-ids': bash('echo "$(id -u) $SUDO_UID:$SUDO_GID"'),
      'install.d/50-own': bash('touch /mine; chown 7:8 /mine'),
      'install.d/60-wait': bash('echo waiting; sleep "${WAIT:-0}"'),
    });
  });
  afterEach(() => rmSync(rule(), { force: true }));

  const withSudo = (
    environment: Readonly<Record<string, string>> = {},
  ): { environment: Readonly<Record<string, string>> } => ({
    environment: { PATH: '/usr/bin:/bin', ...environment },
  });

  test('runs hooks as root and gives the caller its outputs', async () => {
    const outcome = expectDone(await place().create(words, withSudo()));
    const { uid, gid } = place().person;
    expect(printedBy(outcome, 'root.d/50-ids')).toEqual([`0 ${uid}:${gid}`]);
    const { out } = place();
    const files = ['qcow2', 'tar'].flatMap((type) => ['', '.md5', '.sha256'].map((end) => `x.${type}${end}`));
    expect(readdirSync(out).sort()).toEqual(files);
    expect(ownersOf(out, files)).toEqual([`${uid}:${gid}`]);
    expect(succeed('tar', ['-tvf', join(out, 'x.tar'), '--numeric-owner', './mine'])).toMatch(
      /^-rw-r--r-- 7\/8 /,
    );
  });

  test('that fails says so as any other', async () => {
    place().element('plain', { 'install.d/60-wait': bash('echo no; exit 4') });
    const outcome = await place().create(words, withSudo());
    expect(outcome.status).toBe(1);
    expect(failureIn(outcome)).toMatchObject({
      kind: 'hook-failed',
      script: '60-wait',
      exitStatus: 4,
      lastLines: ['no'],
    });
  });

  test.each([
    ['SIGKILL', null],
    ['SIGTERM', 130],
  ] as const)('leaves nothing when it gets %s', async (signal, status) => {
    const build = place().start(words, {
      ...withSudo({ WAIT: '1000' }),
      onEvent: (event) => {
        if (event.kind === 'output' && event.text === 'waiting') build.process.kill(signal);
      },
    });
    expect((await build.outcome).status).toBe(status);
    expect(await leaksAfter(place().directory, 2000)).toEqual(noLeaks);
    expectDone(await place().create(words, withSudo()));
    expect(remainsOf(place())).toEqual([]);
  });

  test('beside others of one command waits for them and goes on in its turn', async () => {
    const file = join(place().directory, 'list.yaml');
    const image = (name: string): string =>
      `- {imagename: ${name}, skip-base: true, types: [tar], elements: [plain]}\n`;
    writeFileSync(file, ['a', 'b', 'c'].map(image).join(''));
    const asked = ['--jobs', '2', '--progress=json', file];
    const outcome = await place().start(['build', ...asked], {
      ...withSudo({ DIB_ISOLATION: 'sudo', WAIT: '1' }),
      program: 'diskimage-builder',
    }).outcome;
    expectDone(outcome);
    expect(readdirSync(place().out).sort()).toEqual(['a.tar', 'b.tar', 'c.tar']);
    const ran = stepsOf(outcome).filter((step) => step.startsWith('ran'));
    expect(ran.sort()).toEqual([...new Set(ran)].sort());
    expect(outcome.events.some(({ kind }) => kind === 'step-waiting')).toBe(true);
  });

  test('is refused in words when no rule lets it', async () => {
    rmSync(rule());
    const outcome = await place().create(words, withSudo());
    expect(outcome.status).toBe(2);
    expect(outcome.said.map(place().portable)).toEqual([
      'this machine gives the build no way to mount file systems',
      '  sudo: sudo does not allow `{root}/bin/diskimage-builder worker` without a password',
      '  for an ordinary user, install newuidmap (package uidmap or shadow-utils) and give the user ranges in /etc/subuid and /etc/subgid',
    ]);
  });
});

const ownersOf = (directory: string, names: readonly string[]): readonly string[] => [
  ...new Set(
    names.map((name) => {
      const { uid, gid } = statSync(join(directory, name));
      return `${uid}:${gid}`;
    }),
  ),
];

const remainsOf = ({ cache }: BuildPlace): readonly string[] => readdirSync(join(cache, 'store/root/work'));
