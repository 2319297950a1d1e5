// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect } from 'vitest';
import type { BuildEvent } from '../../lib/model/event.ts';
import { leaksAfter, noLeaks } from './leaks.ts';
import { addOrdinaryUser, removeOrdinaryUser, root, succeed } from './ordinary-user.ts';
import type { Person } from './ordinary-user.ts';
import { requires } from './requires.ts';
import { packageRoot } from './run-command.ts';

/** A directory in which one person builds: `elements`, `cache`, `home`, `tmp` and, to stand in, `out`. */
export type BuildPlace = {
  readonly directory: string;
  readonly out: string;
  readonly cache: string;
  readonly person: Person;
  /** PATH as that person has it. */
  readonly path: string;
  /** The path of one of bin/* as that person can read it. */
  readonly program: (name: string) => string;
  /** Writes an element: relative path → text, null to remove it. Files of `*.d` are made executable, environment.d excepted. */
  readonly element: (name: string, files: Readonly<Record<string, string | null>>) => void;
  /** Runs disk-image-create to its end, with `-n`. */
  readonly create: (argv: readonly string[], options?: CreateOptions) => Promise<BuildOutcome>;
  /** Starts it and does not wait. */
  readonly start: (argv: readonly string[], options?: CreateOptions) => RunningBuild;
  /** Paths that differ in every run are `{place}`, `{root}` and, for the directory of a build, `{build}` in the text. */
  readonly portable: (text: string) => string;
};

export type CreateOptions = {
  readonly environment?: Readonly<Record<string, string>>;
  readonly onEvent?: (event: BuildEvent) => void;
  /** Of bin/*, instead of disk-image-create; diskimage-builder is given the words alone. */
  readonly program?: 'disk-image-create' | 'ramdisk-image-create' | 'diskimage-builder';
};

export type RunningBuild = {
  readonly process: ChildProcess;
  readonly outcome: Promise<BuildOutcome>;
};

export type BuildOutcome = {
  readonly status: number | null;
  readonly events: readonly BuildEvent[];
  /** Lines of standard output that are no events, and all of standard error. */
  readonly said: readonly string[];
};

type Kind = 'root' | 'an ordinary user';

/** The same tests twice: as root, and as an ordinary user with subordinate ids and without sudo. */
export function describeForEveryone(title: string, tests: (place: () => BuildPlace) => void): void {
  for (const kind of ['root', 'an ordinary user'] as const) {
    describe(`${title}, as ${kind}`, () => tests(useBuildPlace(kind)));
  }
}

/** A fresh place for every test, removed afterwards. A test that leaves a process, mount or loop device fails. */
export function useBuildPlace(kind: Kind): () => BuildPlace {
  const isReady = requires(needsOf(kind));
  let installation: Installation | null = null;
  let place: BuildPlace | null = null;
  beforeAll(() => void (installation = isReady ? install(kind) : null));
  beforeEach(() => void (place = installation === null ? null : openPlace(installation)));
  afterEach(async () => {
    if (place !== null) await closePlace(place);
    place = null;
  });
  afterAll(() => {
    if (installation !== null) uninstall(installation);
  });
  return () => {
    if (place === null) throw new Error('the place of a test is open while it runs');
    return place;
  };
}

const isRoot = (): boolean => process.getuid?.() === 0;

const needsOf = (kind: Kind): Parameters<typeof requires>[0] =>
  kind === 'root'
    ? { root: true }
    : { namespaces: true, programs: ['newuidmap', ...(isRoot() ? ['useradd', 'userdel'] : [])] };

/** The program as one person can run it. */
type Installation = {
  readonly person: Person;
  readonly directory: string;
  readonly programRoot: string;
  readonly path: string;
};

function install(kind: Kind): Installation {
  if (!existsSync(join(packageRoot, 'dist/cli/main.js'))) throw new Error('run `npm run build` first');
  const directory = mkdtempSync(join(tmpdir(), 'dib-installed-'));
  chmodSync(directory, 0o755);
  if (kind === 'root') return { person: root, directory, programRoot: packageRoot, path: systemPath };
  const person = isRoot() ? addOrdinaryUser() : ourselves();
  return {
    person,
    directory,
    programRoot: isRoot() ? programFor(person, directory) : packageRoot,
    path: pathWithoutSudo(directory),
  };
}

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

const ourselves = (): Person => ({
  name: succeed('id', ['--user', '--name']).trim(),
  uid: process.getuid?.() ?? 0,
  gid: process.getgid?.() ?? 0,
});

/** The checkout itself, unless it lies where only root can look: then a copy. */
function programFor({ uid, gid }: Person, directory: string): string {
  const ids = ['--reuid', String(uid), '--regid', String(gid), '--clear-groups'];
  const reads = spawnSucceeds('setpriv', [...ids, 'test', '-r', join(packageRoot, 'dist/cli/main.js')]);
  if (reads) return packageRoot;
  const copy = join(directory, 'program');
  for (const part of [
    'package.json',
    'bin',
    'dist',
    'elements',
    'lib/target',
    'node_modules',
    'test/fixtures',
  ])
    cpSync(join(packageRoot, part), join(copy, part), { recursive: true, verbatimSymlinks: true });
  return copy;
}

function spawnSucceeds(program: string, argv: readonly string[]): boolean {
  try {
    succeed(program, argv);
    return true;
  } catch {
    return false;
  }
}

/** Every program of the usual directories but sudo, which an ordinary user's machine need not have. */
function pathWithoutSudo(directory: string): string {
  const programs = join(directory, 'programs');
  mkdirSync(programs);
  const listed = ['/usr/bin', '/bin', dirname(process.execPath)];
  const script = 'for d in "$@"; do cp --symbolic-link --update "$d"/* .; done; rm -f sudo sudoedit';
  succeed('sh', ['-c', `cd "$0"; ${script}`, programs, ...listed]);
  return programs;
}

function uninstall({ person, directory }: Installation): void {
  rmSync(directory, { recursive: true, force: true });
  if (isRoot() && person.uid !== 0) removeOrdinaryUser(person);
}

function openPlace(installation: Installation): BuildPlace {
  const { person } = installation;
  const directory = mkdtempSync(join(tmpdir(), 'dib-place-'));
  for (const name of ['out', 'cache', 'home', 'tmp', 'elements']) mkdirSync(join(directory, name));
  for (const name of ['.', 'out', 'cache', 'home', 'tmp', 'elements']) {
    chownSync(join(directory, name), person.uid, person.gid);
    chmodSync(join(directory, name), 0o755);
  }
  const start = (argv: readonly string[], options: CreateOptions = {}): RunningBuild =>
    startBuild(installation, directory, { argv, ...options });
  return {
    directory,
    out: join(directory, 'out'),
    cache: join(directory, 'cache'),
    person,
    path: installation.path,
    program: (name) => join(installation.programRoot, 'bin', name),
    element: (name, files) => writeElement(join(directory, 'elements', name), files),
    create: (argv, options) => start(argv, options).outcome,
    start,
    portable: (text) =>
      text
        .replaceAll(directory, '{place}')
        .replaceAll(installation.programRoot, '{root}')
        .replaceAll(/\{place\}\/cache\/store\/\w+\/work\/[\w-]+/g, '{build}')
        .replaceAll(/\{build\}\/dib_build\.\w+/g, '{build}/dib_build.ID'),
  };
}

async function closePlace({ directory, person }: BuildPlace): Promise<void> {
  const leaks = await leaksAfter(directory, 2000);
  removeTree(directory, person);
  expect(leaks).toEqual(noLeaks);
}

/** What a user namespace made belongs to ids that only root, or that namespace, may remove. */
function removeTree(directory: string, person: Person): void {
  if (isRoot() || person.uid === 0) rmSync(directory, { recursive: true, force: true });
  else succeed('unshare', ['--user', '--map-root-user', '--map-auto', 'rm', '-rf', directory]);
}

function writeElement(directory: string, files: Readonly<Record<string, string | null>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path);
    if (text === null) {
      rmSync(file);
      continue;
    }
    const isHook = /^[^/]+\.d\/[^/]+$/.test(path) && !path.startsWith('environment.d/');
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
    chmodSync(file, isHook ? 0o755 : 0o644);
  }
}

type BuildWords = CreateOptions & { readonly argv: readonly string[] };

function startBuild(
  { person, programRoot, path }: Installation,
  directory: string,
  { argv, environment = {}, onEvent, program = 'disk-image-create' }: BuildWords,
): RunningBuild {
  const usual = program === 'diskimage-builder' ? [] : ['-n', '--progress=json'];
  const words = [join(programRoot, 'bin', program), ...usual, ...argv];
  const child = spawn(process.execPath, words, {
    cwd: join(directory, 'out'),
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: {
      PATH: path,
      HOME: join(directory, 'home'),
      ELEMENTS_PATH: [join(directory, 'elements'), join(programRoot, 'test/fixtures/elements')].join(':'),
      DIB_IMAGE_CACHE: join(directory, 'cache'),
      ...environment,
    },
    ...(isRoot() ? { uid: person.uid, gid: person.gid } : {}),
  });
  const events: BuildEvent[] = [];
  const said: string[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (!line.startsWith('{')) return void said.push(line);
    const event = JSON.parse(line) as BuildEvent;
    events.push(event);
    onEvent?.(event);
  });
  createInterface({ input: child.stderr }).on('line', (line) => said.push(line));
  const outcome = new Promise<BuildOutcome>((resolve) => {
    child.once('close', (status) => resolve({ status, events, said }));
  });
  return { process: child, outcome };
}
