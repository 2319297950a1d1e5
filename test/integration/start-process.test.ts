// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { build } from 'esbuild';
import { describe, expect, test } from 'vitest';
import { startProcess } from '../../lib/host/start-process.ts';
import { requires } from '../support/requires.ts';
import { packageRoot } from '../support/run-command.ts';

requires({ programs: ['setpriv'] });

const nobodyListens = { onData: () => undefined, onError: () => undefined };

describe('a process beside us', () => {
  test('is written to, tells what it prints on both streams, and how it ended', async () => {
    let [output, errors] = ['', ''];
    const running = startProcess(['sh', '-c', 'read line; echo "got $line"; echo bad >&2; exit 3'], {
      onData: (text) => void (output += text),
      onError: (text) => void (errors += text),
    });
    running.write('a word\n');
    expect(await running.exited).toEqual({ exitStatus: 3, signal: null, startError: null });
    expect([output, errors]).toEqual(['got a word\n', 'bad\n']);
  });

  test('is killed', async () => {
    const running = startProcess(['sleep', '1000'], nobodyListens);
    running.kill();
    expect(await running.exited).toEqual({ exitStatus: null, signal: 'SIGKILL', startError: null });
    running.write('to nobody');
  });

  test('does not outlive us, even when we are killed', async () => {
    const program = `
      ${await moduleText('lib/host/start-process.ts')}
      const onData = (text) => process.stdout.write(text);
      startProcess(['sh', '-c', 'echo $$; exec sleep 1000'], { onData, onError: onData });
    `;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', program]);
    const child = await new Promise<string>((resolve) =>
      parent.stdout.once('data', (data) => resolve(String(data).trim())),
    );
    expect(existsSync(`/proc/${child}`)).toBe(true);
    parent.kill('SIGKILL');
    for (let tries = 0; tries < 100 && existsSync(`/proc/${child}`); tries++) await setTimeout(50);
    expect(existsSync(`/proc/${child}`)).toBe(false);
  });
});

/** A module and what it imports as one text, its exports being names in it. */
async function moduleText(path: string): Promise<string> {
  const options = { bundle: true, write: false, format: 'esm', platform: 'node' } as const;
  const { outputFiles } = await build({ ...options, entryPoints: [join(packageRoot, path)] });
  return outputFiles[0]?.text ?? '';
}
