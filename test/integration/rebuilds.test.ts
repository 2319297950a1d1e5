// SPDX-License-Identifier: Apache-2.0
import { chmodSync, existsSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { expectDone, failureIn, stepsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildPlace, CreateOptions } from '../support/build-place.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

const fruit = {
  'element-deps': 'tiny-os\n',
  'environment.d/10-fruit.bash': 'export FRUIT=${FRUIT:-apple}\n',
  'static/etc/fruit': 'ripe\n',
  'root.d/50-seed': bash('echo seed >"$TARGET_ROOT/etc/seed"'),
  'extra-data.d/50-basket': bash('echo basket >"$TMP_MOUNT_PATH/etc/basket"'),
  'install.d/50-plant': bash('echo "$FRUIT" >/etc/plant'),
  'install.d/99-x': bash('echo "grown" >/etc/grown'),
  'post-install.d/50-pick': bash('cat /etc/plant /etc/grown >/etc/picked'),
  'cleanup.d/50-sweep': bash('rm "$TARGET_ROOT/etc/basket"'),
};

const schedule = [
  'root.d/10-tree',
  'root.d/50-seed',
  'extra-data.d/50-basket',
  'install.d/50-plant',
  'install.d/99-x',
  'post-install.d/50-pick',
  'cleanup.d/50-sweep',
];

/** Hooks on the host other than those of root.d run in every build. */
const alwaysRun = ['extra-data.d/50-basket', 'cleanup.d/50-sweep'];

/** What a second build does when only `title` and what follows has to run. */
function runsFrom(title: string | null, steps: readonly string[] = schedule): readonly string[] {
  const first = title === null ? steps.length : steps.indexOf(title);
  return steps.map((step, index) =>
    index >= first || alwaysRun.includes(step) ? `ran ${step}` : `reused ${step}`,
  );
}

async function build(place: BuildPlace, options?: CreateOptions): Promise<readonly string[]> {
  return stepsOf(expectDone(await place.create(['-t', 'tar', '-o', 'x', 'fruit'], options)));
}

const withFruit = (FRUIT: string): CreateOptions => ({ environment: { FRUIT } });

/** Layers that would not be trusted after a power cut. */
function unflushedLayers({ cache, person }: BuildPlace): readonly string[] {
  const layers = join(cache, 'store', person.uid === 0 ? 'root' : 'user', 'layers');
  return readdirSync(layers).filter((id) => id !== '0' && !existsSync(join(layers, id, 'durable')));
}

describeForEveryone('layers of a build that failed', (place) => {
  test('outlive a power cut once a build that used them is done', async () => {
    place().element('fruit', { ...fruit, 'post-install.d/50-pick': bash('exit 3') });
    expect((await place().create(['-t', 'tar', '-o', 'x', 'fruit'])).status).toBe(1);
    expect(unflushedLayers(place())).not.toEqual([]);
    place().element('fruit', fruit);
    await build(place());
    expect(unflushedLayers(place())).toEqual([]);
  });
});

describeForEveryone('a build like the one before', (place) => {
  test('runs no cached hook again; a changed install.d/99-x runs with what follows', async () => {
    place().element('fruit', fruit);
    expect(await build(place())).toEqual(runsFrom('root.d/10-tree'));
    expect(await build(place())).toEqual(runsFrom(null));
    place().element('fruit', { 'install.d/99-x': bash('echo "grown tall" >/etc/grown') });
    expect(await build(place())).toEqual(runsFrom('install.d/99-x'));
    expect(await build(place())).toEqual(runsFrom(null));
  });
});

type Change = {
  readonly what: string;
  readonly change?: (place: BuildPlace) => void;
  readonly options?: (place: BuildPlace) => CreateOptions;
  readonly runs: string | null;
};

const hook = (place: BuildPlace, path: string): string => join(place.directory, 'elements/fruit', path);

const replacing =
  (path: string, text: string) =>
  (place: BuildPlace): void =>
    place.element('fruit', { [path]: text });

const changes: readonly Change[] = [
  {
    what: 'a hook in the middle',
    change: replacing('install.d/50-plant', bash('echo pear >/etc/plant')),
    runs: 'install.d/50-plant',
  },
  {
    what: 'the mode of a hook',
    change: (place) => chmodSync(hook(place, 'install.d/50-plant'), 0o700),
    runs: 'install.d/50-plant',
  },
  {
    what: 'a file that all hooks share',
    change: replacing('static/etc/fruit', 'rotten\n'),
    runs: 'root.d/10-tree',
  },
  { what: 'a variable', options: () => withFruit('pear'), runs: 'root.d/10-tree' },
  {
    what: 'what a hook that always runs does',
    change: replacing('extra-data.d/50-basket', bash('echo b >"$TMP_MOUNT_PATH/etc/basket"')),
    runs: 'extra-data.d/50-basket',
  },
  {
    what: 'a hook that always runs, with the same result',
    change: replacing('extra-data.d/50-basket', bash('echo "basket" >"$TMP_MOUNT_PATH/etc/basket"')),
    runs: null,
  },
  {
    what: 'only the time of a hook',
    change: (place) => utimesSync(hook(place, 'root.d/50-seed'), 1, 1),
    runs: null,
  },
  {
    what: 'only the terminal and the caller',
    options: () => ({ environment: { TERM: 'vt100', COLUMNS: '3', USER: 'eve', SSH_TTY: '/dev/pts/3' } }),
    runs: null,
  },
  {
    what: 'only where temporary files go',
    options: ({ directory }) => ({ environment: { TMPDIR: join(directory, 'tmp') } }),
    runs: null,
  },
];

describe('a build after a change', () => {
  const place = useBuildPlace('root');

  /** One place for all: the layers of the element as it was are there for each change. */
  test('runs what the change can reach, and no more', async () => {
    place().element('fruit', fruit);
    await build(place());
    for (const { what, change, options, runs } of changes) {
      change?.(place());
      expect(await build(place(), options?.(place())), what).toEqual(runsFrom(runs));
      place().element('fruit', fruit);
    }
  });

  test('of a variable back again finds the layers of then', async () => {
    place().element('fruit', fruit);
    await build(place());
    await build(place(), withFruit('pear'));
    expect(await build(place())).toEqual(runsFrom(null));
  });

  test('of the order of elements runs everything', async () => {
    place().element('fruit', { ...fruit, 'static/etc/first': 'fruit\n' });
    place().element('apple', { 'element-deps': 'tiny-os\n', 'static/etc/first': 'apple\n' });
    const words = ['-t', 'tar', '-o', 'x', 'fruit', 'apple'];
    expectDone(await place().create(words));
    place().element('apple', { 'element-deps': 'fruit\n' });
    const again = stepsOf(expectDone(await place().create(words)));
    expect(again).toEqual(runsFrom('root.d/10-tree'));
  });

  test('of the name alone runs only hooks that name it', async () => {
    place().element('fruit', { ...fruit, 'install.d/99-x': bash('echo "$IMAGE_NAME" >/etc/grown') });
    await build(place());
    const outcome = expectDone(await place().create(['-t', 'tar', '-o', 'y', 'fruit']));
    expect(stepsOf(outcome)).toEqual(runsFrom('install.d/99-x'));
  });
});

describe('what is stored', () => {
  const place = useBuildPlace('root');

  test('is left alone with --no-cache, and replaced', async () => {
    place().element('fruit', fruit);
    await build(place());
    const outcome = expectDone(await place().create(['--no-cache', '-t', 'tar', '-o', 'x', 'fruit']));
    expect(stepsOf(outcome)).toEqual(runsFrom('root.d/10-tree'));
    expect(await build(place())).toEqual(runsFrom(null));
  });

  test('is not used when it is older than DIB_CACHE_MAX_AGE', async () => {
    place().element('fruit', fruit);
    await build(place());
    const aged = (seconds: string): CreateOptions => ({ environment: { DIB_CACHE_MAX_AGE: seconds } });
    expect(await build(place(), aged('3600'))).toEqual(runsFrom(null));
    await wait(1500);
    expect(await build(place(), aged('1'))).toEqual(runsFrom('root.d/10-tree'));
  });

  test('is not used on top of another layer than it was made on', async () => {
    place().element('fruit', {
      ...fruit,
      'root.d/50-seed': bash('date +%N >"$TARGET_ROOT/etc/seed"\nsleep 2'),
      'install.d/50-plant': bash('cp /etc/seed /etc/plant'),
      'cleanup.d/60-compare': bash('cmp "$TARGET_ROOT/etc/seed" "$TARGET_ROOT/etc/plant"'),
    });
    await build(place());
    await wait(500);
    const outcome = expectDone(
      await place().create(['-t', 'tar', '-o', 'x', 'fruit'], { environment: { DIB_CACHE_MAX_AGE: '2' } }),
    );
    expect(stepsOf(outcome)).toContain('ran root.d/50-seed');
    expect(stepsOf(outcome)).toContain('ran install.d/50-plant');
  });

  test('is not used for a phase of which the element says cache: never', async () => {
    place().element('fruit', { ...fruit, 'element.yaml': 'cache:\n  install.d: never\n' });
    await build(place());
    const again = ['install.d/50-plant', 'install.d/99-x', ...alwaysRun];
    expect(await build(place())).toEqual(
      schedule.map((step) => `${again.includes(step) ? 'ran' : 'reused'} ${step}`),
    );
  });

  test('depends on what a hook of cache-key.d prints', async () => {
    const world = join(place().directory, 'world');
    writeFileSync(world, 'monday\n');
    place().element('fruit', { ...fruit, 'cache-key.d/50-world': bash(`cat ${world}`) });
    await build(place());
    expect(await build(place())).toEqual(runsFrom(null));
    writeFileSync(world, 'tuesday\n');
    expect(await build(place())).toEqual(runsFrom('root.d/10-tree'));
  });

  test('survives damage: a layer whose entry cannot be read is made again', async () => {
    place().element('fruit', fruit);
    await build(place());
    const layers = join(place().cache, 'store/root/layers');
    for (const id of readdirSync(layers)) {
      if (existsSync(join(layers, id, 'entry.json'))) writeFileSync(join(layers, id, 'entry.json'), '');
    }
    expect(await build(place())).toEqual(runsFrom('root.d/10-tree'));
  });
});

describeForEveryone('a hook that fails', (place) => {
  test('is named with what it said, and is where the next build goes on', async () => {
    const failing = bash('for line in {1..30}; do echo "line $line"; done\necho "no soil" >&2\nexit 3');
    place().element('fruit', { ...fruit, 'install.d/99-x': failing });
    const failed = await place().create(['-t', 'tar', '-o', 'x', 'fruit']);
    expect(failed.status).toBe(1);
    expect(failureIn(failed)).toEqual({
      kind: 'hook-failed',
      element: 'fruit',
      phase: 'install.d',
      script: '99-x',
      exitStatus: 3,
      lastLines: [...Array.from({ length: 19 }, (_, index) => `line ${index + 12}`), 'no soil'],
    });
    expect(readdirSync(place().out)).toEqual([]);
    place().element('fruit', { 'install.d/99-x': fruit['install.d/99-x'] });
    expect(await build(place())).toEqual(runsFrom('install.d/99-x'));
  });
});
