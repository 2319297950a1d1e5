// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath } from '../../lib/model/brands.ts';
import type { ElfFile } from '../../lib/ramdisk/elf.ts';
import { readElf } from '../../lib/ramdisk/elf.ts';
import { collectPrograms } from '../../lib/ramdisk/find-programs.ts';
import { libraryClosure } from '../../lib/ramdisk/library-closure.ts';
import { findProgram, treePath } from '../../lib/ramdisk/program-path.ts';
import type { RamdiskEntry } from '../../lib/ramdisk/ramdisk-entry.ts';
import type { FoundFile } from '../../lib/ramdisk/tree-reader.ts';
import { realTreeReader } from '../../lib/worker/ramdisk/real-tree-reader.ts';
import { requires } from '../support/requires.ts';

const reader = realTreeReader(hostPath('/'));

const elfOf = ({ path, kind }: FoundFile): ElfFile | null =>
  kind === 'file' ? readElf(reader.read(path)) : null;

/** Those that this machine has, as ELF files. */
const installed = (names: readonly string[]): readonly FoundFile[] =>
  names
    .flatMap((name) => findProgram(reader, name, treePath) ?? [])
    .filter((program) => elfOf(program) !== null);

const sortedOnce = (paths: readonly string[]): readonly string[] => [...new Set(paths)].sort();

describe('the closure of a program is what the dynamic linker of this machine loads', () => {
  requires({ programs: ['ldd'] });

  const dynamic = [
    'bash',
    'perl',
    'python3',
    'curl',
    'wget',
    'udevadm',
    'tgtd',
    'modprobe',
    'qemu-img',
    'ssh',
  ];
  const more = ['git', 'apt-get', 'mke2fs', 'grub-fstest', 'systemctl', 'tar', 'node', 'fakeroot-sysv'];
  const fixed = ['busybox', 'ldconfig'];
  test.each(installed([...dynamic, ...more, ...fixed]).map((program) => ({ path: program.path, program })))(
    '$path',
    ({ path, program }) => {
      const { files, missing, problems } = libraryClosure(reader, {
        files: [program],
        path: treePath,
        isApplet: () => false,
      });
      const elves = files
        .map((file) => ({ path: file.path, elf: elfOf(file) }))
        .filter(({ elf }) => elf !== null);
      const ours = sortedOnce(elves.map((file) => file.path));
      const theirs = loadedFor(path);
      // What notes name is opened later, which the dynamic linker cannot know.
      const hasNotes = elves.some(({ elf }) => elf?.dlopen.length !== 0);
      expect({ missing, problems }).toEqual({ missing: [], problems: [] });
      expect(hasNotes ? ours.filter((one) => theirs.includes(one)) : ours).toEqual(theirs);
    },
  );

  function loadedFor(path: string): readonly string[] {
    const env = { PATH: process.env['PATH'], LC_ALL: 'C' };
    const { stdout } = spawnSync('ldd', [path], { encoding: 'utf8', env });
    const files = [...stdout.matchAll(/^\t(?:\S+ => )?(\/\S+) \(0x/gm)].map(([, file = '']) => file);
    return sortedOnce([path, ...files].map((file) => realpathSync(file)));
  }
});

describe('what was collected runs in a root that holds nothing else', () => {
  requires({ root: true, programs: ['bash', 'getent', 'tput', 'ls'] });

  let root = '';
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), 'dib-closure-'));
  });
  afterEach(() => rmSync(root, { recursive: true, force: true }));

  test('programs, a lookup of names and a terminal', () => {
    const programs = installed(['bash', 'getent', 'tput', 'ls', 'curl', 'wget', 'udevadm', 'tgtd', 'ssh']);
    const words = programs.map(({ path }) => ({ name: path, wantedBy: 'ramdisk' }));
    const { entries, missing, problems } = collectPrograms(reader, { words, path: treePath });
    expect({ missing, problems }).toEqual({ missing: [], problems: [] });
    for (const entry of entries) lay(entry);
    writeFileSync(join(root, 'etc/passwd'), 'somebody:x:1234:1234::/:/bin/sh\n');

    for (const { path } of programs)
      expect(`${path}: ${inside(path, '--version').stderr}`).not.toMatch(
        /error while loading|failed to run command/,
      );
    expect(inside('bash', '-c', 'echo $((6 * 7))')).toMatchObject({ status: 0, stdout: '42\n' });
    expect(inside('getent', 'passwd', '1234').stdout).toBe('somebody:x:1234:1234::/:/bin/sh\n');
    const services = ['services', '22/tcp'];
    const here = spawnSync('getent', services, { encoding: 'utf8' });
    expect(inside('getent', ...services).stdout).toBe(here.stdout);
    expect(inside('tput', '-T', 'vt100', 'cols').stdout).toBe('80\n');
    expect(inside('tput', '-T', 'xterm-256color', 'colors').stdout).toBe('256\n');
  });

  function lay(entry: RamdiskEntry): void {
    const place = join(root, entry.path);
    mkdirSync(dirname(place), { recursive: true });
    if (entry.kind === 'link') symlinkSync(entry.text, place);
    if (entry.kind === 'directory') mkdirSync(place, { recursive: true });
    if (entry.kind === 'copy') copyFileSync(entry.from, place);
  }

  const inside = (
    ...argv: readonly string[]
  ): { readonly status: number | null; readonly stdout: string; readonly stderr: string } =>
    spawnSync('chroot', [root, ...argv], {
      encoding: 'utf8',
      env: { PATH: treePath.join(':'), LC_ALL: 'C', LD_BIND_NOW: '1' },
    });
});
