// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { CommandOutcome } from '../support/run-command.ts';
import { packageRoot, runCommand } from '../support/run-command.ts';

let place: string;
beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'cli-test-'))));
afterEach(() => rmSync(place, { recursive: true, force: true }));

const surroundings = (): { environment: Readonly<Record<string, string>>; cwd: string } => ({
  environment: {
    ELEMENTS_PATH: join(packageRoot, 'test/cli/elements'),
    DIB_IMAGE_CACHE: join(place, 'cache'),
    DIB_LOCKFILES: join(place, 'cache/lockfiles'),
    HOME: place,
  },
  cwd: place,
});

const create = (...argv: readonly string[]): CommandOutcome =>
  runCommand('disk-image-create', argv, surroundings());

/** The text of dated lines; every line must be dated. */
function undated(text: string): readonly string[] {
  const lines = text.trimEnd().split('\n');
  const stamp = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} \| /;
  expect(lines.filter((line) => !stamp.test(line))).toEqual([]);
  return lines.map((line) => line.replace(stamp, ''));
}

describe('a build that is done', () => {
  test('leaves the image and says so in dated lines', () => {
    const { status, stdout, stderr } = create('-n', '-t', 'tar', '-o', 'x', '--checksum', 'tiny-os');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = undated(stdout);
    expect(lines[0]).toMatch(/^diskimage-builder version \d/);
    expect(lines).toContain('Building elements: tiny-os');
    expect(lines.at(-1)).toBe('Build completed successfully');
    expect(readdirSync(place).sort()).toEqual(['cache', 'x.tar', 'x.tar.md5', 'x.tar.sha256']);
  });

  test('with --logfile prints only where the log is, and adds to it', () => {
    const argv = ['-n', '-t', 'tar', '-o', 'x', '--logfile', 'build.log', 'tiny-os'];
    const said = { status: 0, stdout: `Output logs going to: ${join(place, 'build.log')}\n`, stderr: '' };
    expect(create(...argv)).toEqual(said);
    expect(create(...argv)).toEqual(said);
    const lines = undated(readFileSync(join(place, 'build.log'), 'utf8'));
    expect(lines.filter((line) => line === 'Build completed successfully')).toHaveLength(2);
  });

  test('with --progress=json prints one event a line', () => {
    const { status, stdout } = create('-n', '-t', 'tar', '-o', 'x', '--progress=json', 'tiny-os');
    const events = stdout.trimEnd().split('\n');
    const kinds = events.map((line) => (JSON.parse(line) as { readonly kind: string }).kind);
    expect(status).toBe(0);
    expect(kinds.filter((kind) => kind === 'build-started' || kind === 'output-made')).toEqual([
      'build-started',
      'output-made',
    ]);
    expect(kinds.at(-1)).toBe('build-finished');
  });

  test('with DIB_QUIET=1 prints nothing', () => {
    const { environment, cwd } = surroundings();
    const argv = ['-n', '-t', 'tar', '-o', 'x', 'tiny-os'];
    const outcome = runCommand('disk-image-create', argv, {
      environment: { ...environment, DIB_QUIET: '1' },
      cwd,
    });
    expect(outcome).toEqual({ status: 0, stdout: '', stderr: '' });
  });
});

test('a build that fails ends with status 1 and names the hook', () => {
  const { status, stdout } = create('-n', '-t', 'tar', '-o', 'x', 'broken');
  const lines = undated(stdout);
  expect(status).toBe(1);
  expect(lines).toContain('Hook root.d/60-break of element broken failed: exit status 3.');
  expect(lines).toContain('    disk-image-create -n -t tar -o x broken');
  expect(readdirSync(place)).toEqual(['cache']);
});

describe('an interrupted build ends with status 130 and leaves nothing', () => {
  const interrupted = async (interrupt: (pid: number) => void): Promise<void> => {
    const { environment, cwd } = surroundings();
    const command = spawn(
      join(packageRoot, 'bin/disk-image-create'),
      ['-n', '-t', 'tar', '-o', 'x', '--progress', 'plain', 'sleeper'],
      {
        cwd,
        env: { PATH: process.env['PATH'], ...environment },
        stdio: ['ignore', 'pipe', 'inherit'],
        detached: true,
      },
    );
    const lines: string[] = [];
    createInterface({ input: command.stdout }).on('line', (line) => {
      lines.push(line);
      if (line.endsWith('| sleeping')) interrupt(command.pid ?? 0);
    });
    const status = await new Promise((resolve) => command.once('close', resolve));
    const words = undated(lines.join('\n')).filter((line) => /interrupted/i.test(line));
    expect({ status, words }).toEqual({
      status: 130,
      words: ['Interrupted: stopping. Once more stops at once.', 'The build was interrupted.'],
    });
    expect(readdirSync(place)).toEqual(['cache']);
    expect(readFileSync('/proc/mounts', 'utf8')).not.toContain(place);
  };

  test('when it alone is told to end', () => interrupted((pid) => process.kill(pid, 'SIGTERM')));

  test('when the terminal tells all of its processes', () =>
    interrupted((pid) => process.kill(-pid, 'SIGINT')));
});
