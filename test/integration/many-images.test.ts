// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { BuildEvent } from '../../lib/model/event.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace } from '../support/build-place.ts';
import { leaksAfter, noLeaks } from '../support/leaks.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

type ImageEvent = BuildEvent & { readonly image: string };

/** A file beside the elements to which hooks on the host append a line each time they run. */
const countFile = ({ out }: BuildPlace): string => join(out, 'count');
const countedIn = (place: BuildPlace): readonly string[] =>
  existsSync(countFile(place)) ? readFileSync(countFile(place), 'utf8').trimEnd().split('\n') : [];

/** Elements `one`, `two` and `three` that all stand on `common`, whose hook takes a second. */
function addElements(place: BuildPlace, hooks: Readonly<Record<string, string>> = {}): void {
  const count = (word: string): string => `echo ${word} >>${countFile(place)}`;
  place.element('common', {
    'element-deps': 'tiny-os\n',
    'root.d/50-common': bash(`${count('common')}\nsleep 1\ndate +%N >"$TARGET_ROOT/etc/common"`),
  });
  for (const name of ['one', 'two', 'three'])
    place.element(name, {
      'element-deps': 'common\n',
      'root.d/70-own': bash(`${count(name)}\necho ${name} >"$TARGET_ROOT/etc/own"\n${hooks[name] ?? ''}`),
    });
}

const listOf = (names: readonly string[], more = ''): string =>
  names
    .map((name) => `- imagename: ${name}\n  skip-base: true\n  types: [tar]\n  elements: [${name}]\n${more}`)
    .join('');

type Wanted = {
  readonly words?: readonly string[];
  readonly onEvent?: (event: ImageEvent) => void;
  readonly names?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

function startList(
  place: BuildPlace,
  { words = [], onEvent, names = ['one', 'two', 'three'], environment = {} }: Wanted = {},
): ReturnType<BuildPlace['start']> {
  const file = join(place.directory, 'list.yaml');
  writeFileSync(file, listOf(names));
  return place.start(['build', '--progress=json', ...words, file], {
    program: 'diskimage-builder',
    environment,
    ...(onEvent === undefined ? {} : { onEvent: (event) => onEvent(event as ImageEvent) }),
  });
}

/** Does something once, when the first image has come to what it has for itself. */
function atFirstOwnHook(strike: () => void): (event: ImageEvent) => void {
  let hasStruck = false;
  return (event) => {
    if (hasStruck || event.kind !== 'step-started' || event.title !== 'root.d/70-own') return;
    hasStruck = true;
    strike();
  };
}

const eventsOf = ({ events }: BuildOutcome): readonly ImageEvent[] => events as readonly ImageEvent[];

/** Image → how it ended: `build-finished`, or what kind of failure. */
const endingsOf = (outcome: BuildOutcome): Readonly<Record<string, string>> =>
  Object.fromEntries(
    eventsOf(outcome).flatMap((event) => {
      if (event.kind === 'build-finished') return [[event.image, 'done']];
      return event.kind === 'build-failed' ? [[event.image, event.failure.kind]] : [];
    }),
  );

const storeKind = ({ person }: BuildPlace): string => (person.uid === 0 ? 'root' : 'user');

const filesLeft = (place: BuildPlace): Record<'out' | 'work' | 'leases', readonly string[]> => ({
  out: readdirSync(place.out).sort(),
  work: readdirSync(join(place.cache, 'store', storeKind(place), 'work')),
  leases: readdirSync(join(place.cache, 'store', storeKind(place), 'leases')),
});

const allDone = { one: 'done', two: 'done', three: 'done' };

describeForEveryone('several images in one command', (place) => {
  test('make the steps they share once, and every event names its image', async () => {
    addElements(place());
    const outcome = await startList(place()).outcome;
    expect({ status: outcome.status, said: outcome.said }).toEqual({ status: 0, said: [] });
    expect([...countedIn(place())].sort()).toEqual(['common', 'one', 'three', 'two']);
    expect(endingsOf(outcome)).toEqual(allDone);
    expect(new Set(eventsOf(outcome).map(({ image }) => image))).toEqual(new Set(['one', 'two', 'three']));
    expect(filesLeft(place())).toEqual({
      out: ['count', 'one.tar', 'three.tar', 'two.tar'],
      work: [],
      leases: [],
    });
  });

  test('go on when one fails, and the command then ends with 1', async () => {
    addElements(place(), { two: 'exit 3' });
    const outcome = await startList(place()).outcome;
    expect(outcome.status).toBe(1);
    expect(endingsOf(outcome)).toEqual({ ...allDone, two: 'hook-failed' });
    expect(outcome.said[0]).toBe('two: Hook root.d/70-own of element two failed: exit status 3.');
    expect(filesLeft(place()).out).toEqual(['count', 'one.tar', 'three.tar']);
  });

  test('are interrupted together and give everything back', async () => {
    addElements(place(), { one: 'sleep 60', two: 'sleep 60', three: 'sleep 60' });
    const build = startList(place(), {
      onEvent: atFirstOwnHook(() => process.kill(build.process.pid ?? 0, 'SIGINT')),
    });
    const outcome = await build.outcome;
    expect(outcome.status).toBe(130);
    expect(Object.values(endingsOf(outcome)).every((ending) => ending === 'interrupted')).toBe(true);
    expect(await leaksAfter(place().directory, 0)).toEqual(noLeaks);
    expect(filesLeft(place())).toEqual({ out: ['count'], work: [], leases: [] });
  });
});

describe('several images', () => {
  const place = useBuildPlace('root');

  test('stop together with the first that fails when that is wished', async () => {
    addElements(place(), { one: 'sleep 60', two: 'sleep 60', three: 'sleep 1; exit 3' });
    const words = ['--stop-on-failure', '--jobs', '3'];
    const outcome = await startList(place(), { words }).outcome;
    expect(outcome.status).toBe(1);
    expect(endingsOf(outcome)).toEqual({ one: 'interrupted', two: 'interrupted', three: 'hook-failed' });
  });

  test('are built one at a time with --jobs 1, and none is begun after a failure', async () => {
    addElements(place(), { two: 'exit 3' });
    const outcome = await startList(place(), { words: ['--stop-on-failure', '--jobs=1'] }).outcome;
    expect(outcome.status).toBe(1);
    expect(endingsOf(outcome)).toEqual({ one: 'done', two: 'hook-failed' });
    expect(countedIn(place())).toEqual(['common', 'one', 'two']);
  });

  test('never work on more hooks at once than there are jobs', async () => {
    const own = 'sleep 0.4';
    addElements(place(), { one: own, two: own, three: own });
    let [running, most] = [0, 0];
    const onEvent = ({ kind }: ImageEvent): void => {
      if (kind === 'step-started') most = Math.max(most, ++running);
      if (kind === 'step-finished') running--;
    };
    expect((await startList(place(), { words: ['--jobs=2'], onEvent }).outcome).status).toBe(0);
    expect(most).toBe(2);
  });

  test('share what they make also with DIB_NO_CACHE, which only ends what was made before', async () => {
    addElements(place());
    await startList(place()).outcome;
    const outcome = await startList(place(), {
      environment: { DIB_NO_CACHE: '1', OVERWRITE_OLD_IMAGE: '1' },
    }).outcome;
    expect(endingsOf(outcome)).toEqual(allDone);
    const both = ['common', 'one', 'three', 'two'];
    expect([...countedIn(place())].sort()).toEqual([...both, ...both].sort());
  });

  test('killed with the command leave nothing running', async () => {
    addElements(place(), { one: 'sleep 60', two: 'sleep 60', three: 'sleep 60' });
    const build = startList(place(), {
      onEvent: atFirstOwnHook(() => process.kill(build.process.pid ?? 0, 'SIGKILL')),
    });
    await build.outcome;
    expect(await leaksAfter(place().directory, 2000)).toEqual(noLeaks);
    addElements(place());
    expect((await startList(place()).outcome).status).toBe(0);
    expect(filesLeft(place()).work).toEqual([]);
    await place().start(['cache', 'prune'], { program: 'diskimage-builder' }).outcome;
    expect(filesLeft(place()).leases).toEqual([]);
  });

  test('keep a log each, and the summary tells of all', async () => {
    addElements(place(), { two: 'exit 3' });
    const file = join(place().directory, 'list.yaml');
    const logged = (name: string): string => listOf([name], `  logfile: ${name}.log\n`);
    writeFileSync(file, `${logged('one')}${logged('two')}`);
    const { status, said } = await place().start([file, '--progress=plain'], {
      program: 'diskimage-builder',
      environment: { DIB_NO_TIMESTAMP: '1' },
    }).outcome;
    expect(status).toBe(1);
    const portable = said.map((line) =>
      place()
        .portable(line)
        .replaceAll(/\d+(\.\d)? s\b/g, 'T s')
        .replace(/At most \d+ at once: .*/, 'At most …'),
    );
    expect(portable.slice(-8)).toEqual([
      '',
      'Images:',
      '  one  done                     T s  8.0 MiB  {place}/out/one.tar',
      '  two  failed in root.d/70-own  T s',
      '',
      'Steps: 5 hooks, 2 reused, 2 of them made for another of these images',
      'Total time: T s',
      '1 of 2 images is built, 1 failed',
    ]);
    expect(readFileSync(join(place().out, 'one.log'), 'utf8')).toMatch(/\| Build completed successfully\n$/);
    expect(readFileSync(join(place().out, 'two.log'), 'utf8')).toMatch(/\| Hook root\.d\/70-own .* failed/);
  });
});
