// SPDX-License-Identifier: Apache-2.0
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { expectDone, stepsOf } from '../support/build-events.ts';
import { describeForEveryone } from '../support/build-place.ts';
import type { BuildPlace, RunningBuild } from '../support/build-place.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

/** What one build made must not be mixed with what the other did: each checks that its layers belong together. */
const twin = {
  'element-deps': 'tiny-os\n',
  'root.d/50-mark': bash('head -c 8 /dev/urandom | od -A n -t x8 >"$TARGET_ROOT/etc/mark"\nsleep 0.3'),
  'install.d/50-copy': bash('cp /etc/mark /etc/copy\nsleep 0.3'),
  'post-install.d/50-copy': bash('cp /etc/copy /etc/second-copy\nsleep 0.3'),
  'cleanup.d/50-compare': bash(
    'cmp "$TARGET_ROOT/etc/mark" "$TARGET_ROOT/etc/copy"\ncmp "$TARGET_ROOT/etc/mark" "$TARGET_ROOT/etc/second-copy"',
  ),
};

describeForEveryone('builds at once', (place) => {
  test('of the same elements in the same cache are all done', async () => {
    place().element('twin', twin);
    const builds = ['a', 'b', 'c'].map((name) => place().create(['-t', 'raw', '-o', name, 'twin']));
    for (const outcome of await Promise.all(builds)) expectDone(outcome);
    expect(readdirSync(place().out).sort()).toEqual(['a.raw', 'b.raw', 'c.raw']);
    const again = stepsOf(expectDone(await place().create(['-t', 'raw', '-o', 'd', 'twin'])));
    expect(again.filter((step) => step.startsWith('ran'))).toEqual(['ran cleanup.d/50-compare']);
  });

  test('one of them with --no-cache, are done', async () => {
    place().element('twin', twin);
    const words = ['-t', 'tar', 'twin'];
    const first = place().create(['-o', 'a', ...words]);
    const others = [
      place().create(['--no-cache', '-o', 'b', ...words]),
      place().create(['-o', 'c', ...words]),
    ];
    for (const outcome of await Promise.all([first, ...others])) expectDone(outcome);
    expect(readdirSync(join(storeOf(place()), 'work'))).toEqual([]);
  });
});

const storeOf = ({ cache, person }: BuildPlace): string =>
  join(cache, 'store', person.uid === 0 ? 'root' : 'user');

const countedIn = (file: string): number => readFileSync(file, 'utf8').split('\n').length - 1;

/** A build of `counted` that has begun a step. */
async function startAt(place: BuildPlace, title: string, name: string): Promise<RunningBuild> {
  return new Promise((resolve) => {
    const build = place.start(['-t', 'tar', '-o', name, 'counted'], {
      onEvent: (event) => {
        if (event.kind === 'step-started' && event.title === title) resolve(build);
      },
    });
  });
}

/** Its hooks on the host append to a file beside the elements: so often they have run. */
const counted = (file: string): Readonly<Record<string, string>> => ({
  'element-deps': 'tiny-os\n',
  'root.d/50-count': bash(`echo ran >>${file}\nsleep 0.5\necho done >"$TARGET_ROOT/etc/counted"`),
});

describeForEveryone('two builds that want the same step', (place) => {
  const file = (): string => join(place().out, 'count');

  test('make it once: the other waits, says so, and goes on with it', async () => {
    place().element('counted', counted(file()));
    const outcomes = await Promise.all(
      ['a', 'b'].map((name) => place().create(['-t', 'tar', '-o', name, 'counted'])),
    );
    const steps = outcomes.map((outcome) => stepsOf(expectDone(outcome)));
    expect(countedIn(file())).toBe(1);
    expect(steps.flat().sort()).toEqual([
      'ran root.d/10-tree',
      'ran root.d/50-count',
      'reused root.d/10-tree',
      'reused root.d/50-count',
    ]);
    const waited = outcomes.flatMap(({ events }) =>
      events.flatMap((event) => (event.kind === 'step-waiting' ? [event.title] : [])),
    );
    expect(waited).toContain('root.d/50-count');
    expect(readdirSync(join(storeOf(place()), 'leases'))).toEqual([]);
  });

  test('make it one after the other when it fails', async () => {
    const failing = `${counted(file())['root.d/50-count']}\nexit 3`;
    place().element('counted', { ...counted(file()), 'root.d/50-count': failing });
    const outcomes = await Promise.all(
      ['a', 'b'].map((name) => place().create(['-t', 'tar', '-o', name, 'counted'])),
    );
    expect(outcomes.map(({ status }) => status)).toEqual([1, 1]);
    expect(countedIn(file())).toBe(2);
  });

  test('are not both lost when the one that makes it is killed: the other takes over', async () => {
    place().element('counted', {
      'element-deps': 'tiny-os\n',
      'root.d/50-count': bash(
        `echo ran >>${file()}\n[ "$(wc -l <${file()})" != 1 ] || sleep 60\necho done >"$TARGET_ROOT/etc/counted"`,
      ),
    });
    const first = await startAt(place(), 'root.d/50-count', 'a');
    const second = place().start(['-t', 'tar', '-o', 'b', 'counted'], {
      onEvent: ({ kind }) => {
        if (kind === 'step-waiting') process.kill(first.process.pid ?? 0, 'SIGKILL');
      },
    });
    expect(stepsOf(expectDone(await second.outcome))).toEqual([
      'reused root.d/10-tree',
      'ran root.d/50-count',
    ]);
    expect(countedIn(file())).toBe(2);
  });

  test('and is interrupted while it waits, ends at once', async () => {
    place().element('counted', {
      'element-deps': 'tiny-os\n',
      'root.d/50-count': bash(`echo ran >>${file()}\nsleep 3`),
    });
    const first = await startAt(place(), 'root.d/50-count', 'a');
    const second = place().start(['-t', 'tar', '-o', 'b', 'counted'], {
      onEvent: (event) => {
        if (event.kind === 'step-waiting' && event.title === 'root.d/50-count')
          process.kill(second.process.pid ?? 0, 'SIGTERM');
      },
    });
    expect((await second.outcome).status).toBe(130);
    expect(first.process.exitCode).toBe(null);
    expectDone(await first.outcome);
  });
});
