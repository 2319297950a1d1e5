// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test } from 'vitest';
import type { PackageMirror } from '../support/package-mirror.ts';
import { servePackages } from '../support/package-mirror.ts';
import { requires } from '../support/requires.ts';
import { packageRoot } from '../support/run-command.ts';

requires({ programs: ['apt-get', 'dpkg'] });

const ARCH = { x64: 'amd64', arm64: 'arm64' }[process.arch as 'x64' | 'arm64'];

/** Two components; only the first knows of programs for every architecture. */
const contents = {
  [`main/Contents-${ARCH}.gz`]: [
    'usr/bin/peel                          fruit/peeler,universe/fruit/peeler-extras',
    'usr/share/doc/peel                    fruit/peeler-doc',
    'bin/core                              fruit/corer',
    'usr/bin/core                          fruit/corer',
    'usr/lib/fruit/bin/squeeze             fruit/libfruit',
    'usr/sbin/squeezer                     fruit/press',
  ],
  'main/Contents-all.gz': ['usr/bin/jam                           cook/jam-scripts'],
  [`contrib/Contents-${ARCH}.gz`]: ['usr/games/peel                        games/peel-game'],
};

let place = '';
let mirror: PackageMirror | null = null;
beforeEach(async () => {
  place = mkdtempSync(join(tmpdir(), 'packages-with-program-'));
  for (const component of ['main', 'contrib'])
    mkdirSync(join(place, 'archive/dists/orchard', component), { recursive: true });
  for (const [path, lines] of Object.entries(contents))
    writeFileSync(join(place, 'archive/dists/orchard', path), gzipSync(`${lines.join('\n')}\n`));
  mirror = await servePackages(join(place, 'archive'));
  writeFileSync(
    join(place, 'apt.conf'),
    `Dir::Etc::sourcelist "${place}/sources.list";\nDir::Etc::sourceparts "-";\nDir::State::lists "${place}/lists";\n`,
  );
  writeFileSync(
    join(place, 'sources.list'),
    `deb [arch=${ARCH}, trusted=yes] ${mirror.url} orchard main contrib\n`,
  );
});
afterEach(() => {
  mirror?.close();
  rmSync(place, { recursive: true, force: true });
});

type Answer = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** The mirror answers in this process, so that this one must not be waited for synchronously. */
function ask(names: readonly string[], environment: Readonly<Record<string, string>> = {}): Promise<Answer> {
  const script = join(packageRoot, 'elements/dpkg/bin/packages-with-program');
  const env = { ...process.env, TMPDIR: place, APT_CONFIG: join(place, 'apt.conf'), ...environment };
  const child = spawn(script, names, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { stdout: '', stderr: '' };
  child.stdout.on('data', (text) => (said.stdout += String(text)));
  child.stderr.on('data', (text) => (said.stderr += String(text)));
  return new Promise((resolve) => child.on('close', (status) => resolve({ status, ...said })));
}

test('each program is named with all packages that have it, in any component', async () => {
  expect(await ask(['squeezer', 'peel', 'core'])).toEqual({
    status: 0,
    stdout: 'core corer\npeel peel-game peeler peeler-extras\nsqueezer press\n',
    stderr: '',
  });
});

test('programs for every architecture are looked for when one is missing', async () => {
  expect(await ask(['jam', 'core'])).toEqual({
    status: 0,
    stdout: 'core corer\njam jam-scripts\n',
    stderr: '',
  });
});

test('a directory, and what is on no PATH, is no program', async () => {
  expect(await ask(['doc', 'squeeze'])).toEqual({ status: 0, stdout: '', stderr: '' });
});

test('offline nobody is asked', async () => {
  expect(await ask(['core'], { DIB_OFFLINE: '1' })).toEqual({
    status: 1,
    stdout: '',
    stderr: 'packages are not looked up offline\n',
  });
});
