// SPDX-License-Identifier: Apache-2.0
import {
  chmodSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone, stepsOf } from '../support/build-events.ts';
import { useBuildPlace } from '../support/build-place.ts';
import type { BuildPlace, CreateOptions } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';
import { editEntry, entryIn, layerOf, storeOf } from '../support/stored-layers.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

const fruit = {
  'element-deps': 'tiny-os\nbasket\n',
  'environment.d/10-fruit.bash': 'export FRUIT=${FRUIT:-apple}\n',
  'static/etc/fruit': 'ripe\n',
  'static/etc/deep/leaf': 'green\n',
  'lib/peel': 'function peel { echo "peeled $FRUIT"; }\n',
  'root.d/50-seed': bash('dib-test-seed >"$TARGET_ROOT/etc/seed"'),
  'install.d/50-plant': bash('cp -a "$(dirname "$0")/../static/." /\ncat /etc/fruit >/etc/planted'),
  'install.d/60-peel': bash('source "$(dirname "$0")/../lib/peel"\npeel >/etc/peeled'),
  'install.d/70-note': bash('cat "$(dirname "$0")/../NOTE" >/etc/note'),
  'install.d/80-label': bash('cat "$(dirname "$0")"/../README* >/etc/label'),
  'post-install.d/50-pick': bash('cat /etc/planted /etc/peeled /etc/label >/etc/picked'),
};

/** The element that comes first: files of its own, at the top, are there for all. */
const basket = {
  'element-deps': 'tiny-os\n',
  NOTE: 'note\n',
  'README.md': 'read me\n',
  'install.d/65-weave': bash('echo woven >/etc/basket'),
};

const schedule = [
  'root.d/10-tree',
  'root.d/50-seed',
  'install.d/50-plant',
  'install.d/60-peel',
  'install.d/65-weave',
  'install.d/70-note',
  'install.d/80-label',
  'post-install.d/50-pick',
];

function runsFrom(title: string | null, steps: readonly string[] = schedule): readonly string[] {
  const first = title === null ? steps.length : steps.indexOf(title);
  return steps.map((step, index) => `${index >= first ? 'ran' : 'reused'} ${step}`);
}

const all = schedule[0] ?? '';

/** Programs of the host that come before all others. */
const programs = ({ directory }: BuildPlace): string => join(directory, 'programs');

function program(place: BuildPlace, name: string, word: string): void {
  mkdirSync(programs(place), { recursive: true });
  writeFileSync(join(programs(place), name), `#!/bin/sh\necho ${word}\n`);
  chmodSync(join(programs(place), name), 0o755);
  // Neither size nor time betrays another program.
  utimesSync(join(programs(place), name), 1000, 1000);
}

function restore(place: BuildPlace): void {
  rmSync(join(place.directory, 'elements'), { recursive: true });
  place.element('fruit', fruit);
  place.element('basket', basket);
  symlinkSync('fruit', inFruit(place, 'static/etc/link'));
  program(place, 'dib-test-seed', 'seed1');
  program(place, 'dib-test-other', 'other1');
}

const inFruit = ({ directory }: BuildPlace, path: string): string => join(directory, 'elements/fruit', path);

async function build(
  place: BuildPlace,
  { environment = {} }: CreateOptions = {},
): Promise<readonly string[]> {
  const PATH = `${programs(place)}:${place.path}`;
  const options = { environment: { PATH, ...environment } };
  return stepsOf(expectDone(await place.create(['-t', 'tar', '-o', 'x', 'fruit'], options)));
}

const built = ({ out }: BuildPlace, path: string): string =>
  succeed('tar', ['-xOf', join(out, 'x.tar'), `./${path}`]);

const listed = ({ out }: BuildPlace, path: string): string =>
  succeed('tar', ['-tvf', join(out, 'x.tar'), `./${path}`])
    .split('\n')[0]
    ?.replaceAll(/ +/g, ' ') ?? '';

type Case = {
  readonly what: string;
  readonly change?: (place: BuildPlace) => void;
  readonly environment?: Readonly<Record<string, string>>;
  /** The first step that runs; all others after it do too. */
  readonly runs: string | null;
  readonly steps?: readonly string[];
  readonly right?: (place: BuildPlace) => void;
};

const writes =
  (path: string, text: string) =>
  (place: BuildPlace): void =>
    place.element('fruit', { [path]: text });

const cases: readonly Case[] = [
  {
    what: 'content of a file in static/',
    change: writes('static/etc/fruit', 'rotten\n'),
    runs: all,
    right: (place) => expect(built(place, 'etc/picked')).toBe('rotten\npeeled apple\nread me\n'),
  },
  {
    what: 'only the mode of a file in static/',
    change: (place) => chmodSync(inFruit(place, 'static/etc/fruit'), 0o600),
    runs: all,
    right: (place) => expect(listed(place, 'etc/fruit')).toMatch(/^-rw------- /),
  },
  {
    what: 'only the mode of a directory in static/',
    change: (place) => chmodSync(inFruit(place, 'static/etc/deep'), 0o700),
    runs: all,
    right: (place) => expect(listed(place, 'etc/deep/')).toMatch(/^drwx------ /),
  },
  {
    what: 'where a link in static/ leads',
    change: (place) => {
      rmSync(inFruit(place, 'static/etc/link'));
      symlinkSync('ripe', inFruit(place, 'static/etc/link'));
    },
    runs: all,
    right: (place) => expect(listed(place, 'etc/link')).toMatch(/ -> ripe$/),
  },
  {
    what: 'a file less in static/',
    change: (place) => rmSync(inFruit(place, 'static/etc/deep/leaf')),
    runs: all,
    right: (place) => expect(() => built(place, 'etc/deep/leaf')).toThrow(),
  },
  { what: 'a file more in static/', change: writes('static/etc/more', 'more\n'), runs: all },
  {
    what: 'a directory more in static/',
    change: (place) => mkdirSync(inFruit(place, 'static/empty')),
    runs: all,
  },
  {
    what: 'a variable that environment.d reads',
    environment: { FRUIT: 'pear' },
    runs: all,
    right: (place) => expect(built(place, 'etc/peeled')).toBe('peeled pear\n'),
  },
  {
    what: 'the variable that environment.d sets',
    change: writes('environment.d/10-fruit.bash', 'export FRUIT=quince\n'),
    runs: all,
    right: (place) => expect(built(place, 'etc/peeled')).toBe('peeled quince\n'),
  },
  { what: 'a variable of which no hook is known to speak', environment: { ANYTHING: '1' }, runs: all },
  {
    what: 'letters beyond ASCII and lines in a variable',
    environment: { FRUIT: 'päron\n梨' },
    runs: all,
    right: (place) => expect(built(place, 'etc/peeled')).toBe('peeled päron\n梨\n'),
  },
  { what: 'only the last of these letters', environment: { FRUIT: 'päron\n桃' }, runs: all },
  { what: 'two variables', environment: { AA: 'b', CC: 'd' }, runs: all },
  { what: 'one that looks like these two', environment: { AA: 'b\nCC=d' }, runs: all },
  { what: 'only the size of the disk', environment: { DIB_IMAGE_SIZE: '9' }, runs: null },
  {
    what: 'the mirror',
    environment: { DIB_DISTRIBUTION_MIRROR: 'http://mirror.example/debian' },
    runs: all,
  },
  { what: 'sources of apt', environment: { DIB_APT_SOURCES: '/etc/sources' }, runs: all },
  {
    what: 'the mode of a script',
    change: (place) => chmodSync(inFruit(place, 'install.d/60-peel'), 0o700),
    runs: 'install.d/60-peel',
  },
  {
    what: 'the mode of a file that a script reads',
    change: (place) => chmodSync(inFruit(place, 'lib/peel'), 0o640),
    runs: all,
  },
  {
    what: 'a file of another element that a script reads',
    change: (place) => place.element('basket', { NOTE: 'changed\n' }),
    runs: all,
    right: (place) => expect(built(place, 'etc/note')).toBe('changed\n'),
  },
  {
    what: 'the README of another element, which only one script reads',
    change: (place) => place.element('basket', { 'README.md': 'read this\n' }),
    runs: 'install.d/80-label',
    right: (place) => expect(built(place, 'etc/picked')).toBe('ripe\npeeled apple\nread this\n'),
  },
  {
    what: 'the name of a hook',
    change: (place) => renameSync(inFruit(place, 'install.d/60-peel'), inFruit(place, 'install.d/61-peel')),
    runs: 'install.d/61-peel',
    steps: schedule.map((step) => step.replace('60-peel', '61-peel')),
  },
  {
    what: 'the element that a hook is in',
    change: (place) => {
      place.element('basket', { 'install.d/60-peel': fruit['install.d/60-peel'] });
      rmSync(inFruit(place, 'install.d/60-peel'));
    },
    runs: null,
  },
  {
    what: 'a program of the host that a hook names, of the same size and time',
    change: (place) => program(place, 'dib-test-seed', 'seed2'),
    runs: 'root.d/50-seed',
    right: (place) => expect(built(place, 'etc/seed')).toBe('seed2\n'),
  },
  {
    what: 'a program of the host that no hook names',
    change: (place) => program(place, 'dib-test-other', 'other2'),
    runs: null,
  },
  {
    what: 'only who calls, and from where',
    environment: {
      USER: 'eve',
      LOGNAME: 'eve',
      SUDO_USER: 'eve',
      SSH_CONNECTION: '192.0.2.1 1 192.0.2.2 22',
      TERM: 'vt100',
      COLUMNS: '20',
      XDG_RUNTIME_DIR: '/run/user/1000',
      DISPLAY: ':1',
      npm_config_cache: '/npm',
    },
    runs: null,
  },
];

describe('a build after a change of', () => {
  const place = useBuildPlace('root');

  /** One place for all: layers of what was before are there for each change, and must not be taken for it. */
  test('what a hook can see runs that hook and what follows, and is right', async () => {
    restore(place());
    expect(await build(place())).toEqual(runsFrom(all));
    for (const { what, change, environment = {}, runs, steps, right } of cases) {
      change?.(place());
      expect(await build(place(), { environment }), what).toEqual(runsFrom(runs, steps));
      right?.(place());
      restore(place());
    }
    expect(await build(place())).toEqual(runsFrom(null));
  });

  test('the mask for new files changes nothing', async () => {
    restore(place());
    await build(place());
    const before = succeed('tar', ['-tvf', join(place().out, 'x.tar')]);
    const mask = process.umask(0o077);
    try {
      expect(await build(place())).toEqual(runsFrom(null));
      expect(succeed('tar', ['-tvf', join(place().out, 'x.tar')])).toBe(before);
      rmSync(storeOf(place()), { recursive: true });
      await build(place());
    } finally {
      process.umask(mask);
    }
    const withoutTimes = (list: string): string => list.replaceAll(/ \d{4}-\d\d-\d\d \d\d:\d\d /g, ' ');
    const after = succeed('tar', ['-tvf', join(place().out, 'x.tar')]);
    expect(withoutTimes(after)).toBe(withoutTimes(before));
  });

  test('the order of elements runs what reads a file that both have', async () => {
    const names = ['install.d/50-note'];
    const reading = {
      'element-deps': 'tiny-os\n',
      NOTE: 'fruit\n',
      [names[0] ?? '']: bash('cat "$(dirname "$0")/../NOTE" >/etc/note'),
    };
    place().element('fruit', reading);
    place().element('basket', { 'element-deps': 'tiny-os\n', NOTE: 'basket\n' });
    const words = ['-t', 'tar', '-o', 'x', 'fruit', 'basket'];
    expectDone(await place().create(words));
    expect(built(place(), 'etc/note')).toBe('fruit\n');
    place().element('basket', { 'element-deps': 'fruit\n' });
    expect(stepsOf(expectDone(await place().create(words)))).toEqual([
      'ran root.d/10-tree',
      'ran install.d/50-note',
    ]);
    expect(built(place(), 'etc/note')).toBe('basket\n');
  });
});

describe('hooks in the image', () => {
  const place = useBuildPlace('root');

  test('are not given what only means something on the host', async () => {
    place().element('fruit', {
      'element-deps': 'tiny-os\n',
      'install.d/50-x': bash('env | cut -d= -f1 | sort >/etc/names'),
    });
    const given = {
      COLUMNS: '20',
      DISPLAY: ':1',
      SSH_AUTH_SOCK: '/s',
      XDG_CONFIG_HOME: '/c',
      npm_config_x: '1',
    };
    const kept = { USER: 'eve', TERM: 'vt100', NODE_ENV: 'production', CI: 'true' };
    expectDone(
      await place().create(['-t', 'tar', '-o', 'x', 'fruit'], { environment: { ...given, ...kept } }),
    );
    const names = built(place(), 'etc/names').split('\n');
    expect(Object.keys(given).filter((name) => names.includes(name))).toEqual([]);
    expect(Object.keys(kept).filter((name) => names.includes(name))).toEqual(Object.keys(kept));
  });
});

describe('a stored layer is not used', () => {
  const place = useBuildPlace('root');
  const title = 'install.d/60-peel';
  const keyLink = (): string =>
    join(storeOf(place()), 'keys', entryIn(join(layerOf(place(), title), 'entry.json')).key);

  const pointAt = (link: string, target: string): void => {
    rmSync(link);
    symlinkSync(target, link);
  };

  const damages: Readonly<Record<string, () => void>> = {
    'when its entry is cut short': () => {
      const file = join(layerOf(place(), title), 'entry.json');
      writeFileSync(file, readFileSync(file, 'utf8').slice(0, 40));
    },
    'when its files are gone': () => rmSync(join(layerOf(place(), title), 't'), { recursive: true }),
    'when its key leads nowhere': () => pointAt(keyLink(), '../layers/nothing'),
    "when its key leads to another key's layer": () =>
      pointAt(keyLink(), `../layers/${basename(layerOf(place(), 'install.d/70-note'))}`),
    'when the machine restarted before it was flushed': () => {
      editEntry(layerOf(place(), title), { bootId: 'an earlier one' });
      rmSync(join(layerOf(place(), title), 'durable'));
    },
  };

  test.each(Object.keys(damages))('%s', async (what) => {
    restore(place());
    await build(place());
    damages[what]?.();
    expect(await build(place())).toEqual(runsFrom(title));
    expect(built(place(), 'etc/picked')).toBe('ripe\npeeled apple\nread me\n');
    expect(await build(place())).toEqual(runsFrom(null));
  });

  test('when it comes from the future and its age matters', async () => {
    restore(place());
    await build(place());
    const tomorrow = Date.now() + 24 * 60 * 60 * 1000;
    editEntry(layerOf(place(), title), { madeAt: tomorrow });
    expect(await build(place())).toEqual(runsFrom(null));
    const aged = { environment: { DIB_CACHE_MAX_AGE: '3600' } };
    expect(await build(place(), aged)).toEqual(runsFrom(title));
    expect(await build(place(), aged)).toEqual(runsFrom(null));
  });

  test('but is when the machine restarted after it was flushed', async () => {
    restore(place());
    await build(place());
    editEntry(layerOf(place(), title), { bootId: 'an earlier one' });
    expect(statSync(join(layerOf(place(), title), 'durable')).isFile()).toBe(true);
    expect(readlinkSync(keyLink())).toBe(`../layers/${basename(layerOf(place(), title))}`);
    expect(await build(place())).toEqual(runsFrom(null));
  });
});
