// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os';
import { GiB } from '../../lib/model/brands.ts';
import { versionOfDebianBuilder } from './debian-builder.ts';

/** What a reader must know of the machine to compare; taken when the measuring begins. */
export function describeMachine(place: string): readonly string[] {
  const facts: readonly (readonly [string, string])[] = [
    ['measured', new Date().toISOString().slice(0, 10)],
    ['processor', `${availableParallelism()} cores, ${cpus()[0]?.model ?? 'unknown'}`],
    ['memory', `${(totalmem() / GiB).toFixed(1)} GiB`],
    ['file system', fileSystemOf(place)],
    ['system', `${distribution()}, Linux ${release()}`],
    ['Node.js', process.version],
    ["Debian's builder", versionOfDebianBuilder() ?? 'not installed'],
    [
      'load at the start',
      loadavg()
        .map((load) => load.toFixed(1))
        .join(', '),
    ],
  ];
  return facts.map(([name, fact]) => `- ${name}: ${fact}`);
}

const fileSystemOf = (path: string): string =>
  spawnSync('stat', ['-f', '-c', '%T', path], { encoding: 'utf8' }).stdout.trim();

const distribution = (): string =>
  /^PRETTY_NAME="?([^"\n]*)/m.exec(readFileSync('/etc/os-release', 'utf8'))?.[1] ?? 'unknown';
