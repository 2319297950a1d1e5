// SPDX-License-Identifier: Apache-2.0
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { BuildEvent } from '../../lib/model/event.ts';
import { expectDone } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace, CreateOptions, RunningBuild } from '../support/build-place.ts';
import { leaksAfter, leaksOf, noLeaks } from '../support/leaks.ts';

const GRACE_MILLISECONDS = 2000;

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

/** Takes several seconds, leaves processes and mounts about, and has enough data to be caught while it is packed. */
const slowElement = {
  'element-deps': 'tiny-os\n',
  'root.d/50-mounts': bash(
    'mkdir -p "$TARGET_ROOT/srv" "$TMP_BUILD_DIR/lent"\nmount --bind "$TMP_BUILD_DIR/lent" "$TARGET_ROOT/srv"\nsleep 0.3',
  ),
  'extra-data.d/50-wait': bash('sleep 0.3'),
  'install.d/40-data': bash('head -c 40000000 /dev/urandom >/usr/data\nsleep 0.3'),
  'install.d/50-daemon': bash(
    'setsid sleep 1000 >/dev/null 2>&1 </dev/null &\nsetsid sleep 1000 &\nsleep 0.3',
  ),
  'cleanup.d/50-wait': bash('sleep 0.3'),
};

type Moment = {
  readonly name: string;
  readonly isNow: (event: BuildEvent) => boolean;
  readonly thenMilliseconds: number;
};

const onStep = (title: string, thenMilliseconds: number): Moment => ({
  name: `${thenMilliseconds} ms into ${title}`,
  isNow: (event) => event.kind === 'step-started' && event.title === title,
  thenMilliseconds,
});

const onPhase = (phase: string, thenMilliseconds: number): Moment => ({
  name: `${thenMilliseconds} ms into making the ${phase}`,
  isNow: (event) => event.kind === 'phase-started' && event.phase === phase,
  thenMilliseconds,
});

const moments: readonly Moment[] = [
  { name: 'at its first word', isNow: () => true, thenMilliseconds: 0 },
  { name: 'when the worker has begun', isNow: ({ kind }) => kind === 'build-started', thenMilliseconds: 0 },
  onStep('root.d/10-tree', 30),
  onStep('root.d/50-mounts', 150),
  onStep('extra-data.d/50-wait', 100),
  onStep('install.d/40-data', 150),
  onStep('install.d/50-daemon', 150),
  onStep('cleanup.d/50-wait', 100),
  onPhase('disk', 100),
  onPhase('outputs', 300),
];

const words = ['--checksum', '-o', 'x', '--no-cache', 'slow'];

type Interruption = {
  readonly types: string;
  readonly moment: Moment;
  readonly strike: (build: RunningBuild) => void;
  readonly environment?: Readonly<Record<string, string>>;
};

/** Runs until the moment, strikes, and waits for the end. */
async function runUntil(
  place: BuildPlace,
  { types, moment, strike, environment }: Interruption,
): Promise<BuildOutcome> {
  const reached = once();
  const onEvent = (event: BuildEvent): void => {
    if (moment.isNow(event)) reached.happen();
  };
  const build = place.start(['-t', types, ...words], { ...surroundings(place, environment), onEvent });
  const tooEarly = build.outcome.then((outcome) => {
    throw new Error(`the build ended before: ${JSON.stringify(outcome.events.at(-1))}`);
  });
  await Promise.race([reached.happened, tooEarly]);
  tooEarly.catch(() => undefined);
  await wait(moment.thenMilliseconds);
  strike(build);
  return build.outcome;
}

function once(): { readonly happened: Promise<void>; readonly happen: () => void } {
  let happen = (): void => undefined;
  const happened = new Promise<void>((resolve) => {
    happen = resolve;
  });
  return { happened, happen: () => happen() };
}

const surroundings = (
  { directory }: BuildPlace,
  environment: Readonly<Record<string, string>> = {},
): CreateOptions => ({ environment: { TMPDIR: join(directory, 'tmp'), ...environment } });

const storeKind = ({ person }: BuildPlace): string => (person.uid === 0 ? 'root' : 'user');

/** A lock alone may be of a build that is just beginning, so it is left alone while it is young. */
const remainsIn = (place: BuildPlace): Readonly<Record<string, readonly string[]>> => ({
  work: readdirSync(join(place.cache, 'store', storeKind(place), 'work')).filter(
    (name) => !name.endsWith('.lock'),
  ),
  temporary: readdirSync(join(place.directory, 'tmp')),
  out: readdirSync(place.out).sort(),
});

const whole = ['qcow2', 'tar'].flatMap((type) =>
  ['', '.md5', '.sha256'].map((suffix) => `x.${type}${suffix}`),
);

async function killAndGoOn(place: BuildPlace, moment: Moment): Promise<void> {
  place.element('slow', slowElement);
  const strike = ({ process: { pid } }: RunningBuild): boolean => process.kill(pid ?? 0, 'SIGKILL');
  await runUntil(place, { types: 'qcow2,tar', moment, strike });
  expect(await leaksAfter(place.directory, GRACE_MILLISECONDS)).toEqual(noLeaks);
  // An output may have been finished before: it is not to be kept under another name.
  const again = words.filter((word) => word !== '--no-cache');
  const options = surroundings(place, { OVERWRITE_OLD_IMAGE: '1' });
  expectDone(await place.create(['-t', 'qcow2,tar', ...again], options));
  expect(remainsIn(place)).toEqual({ work: [], temporary: [], out: whole });
}

describe('a build whose command is killed leaves nothing that the next does not remove', () => {
  const place = useBuildPlace('root');
  test.each(moments)('$name', (moment) => killAndGoOn(place(), moment));
});

describe('the same in a user namespace', () => {
  const place = useBuildPlace('an ordinary user');
  const telling = moments.filter((_, index) => index % 3 === 0);
  test.each(telling)('$name', (moment) => killAndGoOn(place(), moment));
});

describeForEveryone('a build whose worker is killed', (place) => {
  test('says so, how to go on, and leaves nothing running', async () => {
    place().element('slow', slowElement);
    const moment = onStep('install.d/50-daemon', 100);
    const strike = (): boolean => process.kill(workerOf(place()), 'SIGKILL');
    const { status, events } = await runUntil(place(), { types: 'qcow2', moment, strike });
    expect(status).toBe(1);
    expect(events.at(-1)).toMatchObject({
      kind: 'build-failed',
      failure: { kind: 'worker-killed' },
    });
    expect(await leaksAfter(place().directory, GRACE_MILLISECONDS)).toEqual(noLeaks);
  });
});

function workerOf({ directory }: BuildPlace): number {
  const [worker] = leaksOf(directory).processes.filter((line) =>
    /^\d+ \S*node .*worker\/main\.js$/.test(line),
  );
  return Number(worker?.split(' ')[0]);
}

describeForEveryone('a build that is interrupted gives everything back and ends with status 130', (place) => {
  test.each([onStep('root.d/50-mounts', 100), onStep('install.d/50-daemon', 100), onPhase('outputs', 200)])(
    '$name',
    async (moment) => {
      place().element('slow', slowElement);
      const strike = ({ process: { pid } }: RunningBuild): boolean => process.kill(pid ?? 0, 'SIGTERM');
      expect(await runUntil(place(), { types: 'qcow2', moment, strike })).toMatchObject({ status: 130 });
      expect(await leaksAfter(place().directory, 0)).toEqual(noLeaks);
      expect(remainsIn(place())).toEqual({ work: [], temporary: [], out: [] });
    },
  );

  test('without the shell that is wanted when a hook fails', async () => {
    place().element('slow', slowElement);
    const moment = onStep('install.d/50-daemon', 100);
    const strike = ({ process: { pid } }: RunningBuild): boolean => process.kill(pid ?? 0, 'SIGTERM');
    const opened = join(place().out, 'opened');
    const environment = { break: 'after-error', break_outside_target: '1', break_cmd: `touch ${opened}` };
    const ended = await runUntil(place(), { types: 'tar', moment, strike, environment });
    expect(ended).toMatchObject({ status: 130 });
    expect(remainsIn(place())).toEqual({ work: [], temporary: [], out: [] });
  });
});
