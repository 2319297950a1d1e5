// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createConsoleText } from '../../lib/boot/console-text.ts';
import { markedRun, scriptProgress, withoutMarked } from '../../lib/boot/script-markers.ts';
import { writeSeed } from '../../lib/boot/script-seed.ts';
import { realHost } from '../../lib/host/real-host.ts';
import { requires } from '../support/requires.ts';

requires({ programs: ['mformat', 'mcopy', 'blkid', 'script'] });

let directory: string;
beforeAll(async () => void (directory = await mkdtemp(join(tmpdir(), 'seed-'))));
afterAll(() => rm(directory, { recursive: true }));

async function outputOf(...argv: readonly [string, ...string[]]): Promise<string> {
  const { exitStatus, stdout, lastLines } = await realHost.run({ argv });
  expect({ exitStatus, lastLines: exitStatus === 0 ? [] : lastLines }).toEqual({
    exitStatus: 0,
    lastLines: [],
  });
  return stdout;
}

test('the seed is a FAT file system with the label and the files that cloud-init looks for', async () => {
  const image = join(directory, 'seed.img');
  const userData = `#!/bin/sh\n${'# a long script\n'.repeat(300_000)}`;
  await writeSeed(realHost, image, { userData, instanceId: 'boot-1' });
  expect(await outputOf('/usr/sbin/blkid', '-p', '-o', 'value', '-s', 'LABEL', '-s', 'TYPE', image)).toBe(
    'CIDATA\nvfat\n',
  );
  expect(await outputOf('mtype', '-i', image, '::meta-data')).toBe('instance-id: boot-1\n');
  expect(await outputOf('mtype', '-i', image, '::user-data')).toBe(userData);
});

/** Runs the user data on a terminal of its own, as the guest would on its serial console. */
async function consoleOf(program: string): Promise<string> {
  const file = join(directory, 'user-data');
  await writeFile(file, markedRun(Buffer.from(program), 'MARK', '/dev/tty'));
  const quiet = join(directory, 'dmesg');
  await writeFile(quiet, '#!/bin/sh\n');
  await chmod(quiet, 0o755);
  const terminal = createConsoleText();
  const command = `PATH=${directory}:$PATH sh ${file}`;
  terminal.add(await outputOf('script', '-q', '-c', command, '/dev/null'));
  return terminal.text();
}

test('what the guest tells of the script is read back whole', async () => {
  const program = `#!/bin/sh
printf '%s\\n' '  two  blanks \\n and a backslash'
echo
echo to standard error >&2
printf 'no line end'
exit 3
`;
  const shown = await consoleOf(program);
  expect(scriptProgress(shown, 'MARK')).toEqual({
    begun: true,
    exitStatus: 3,
    output: '  two  blanks \\n and a backslash\n\nto standard error\nno line end\n',
  });
  expect(withoutMarked(shown, 'MARK').trim()).toBe('');
});

test('a script without a first line is run by the shell; one that prints nothing has begun all the same', async () => {
  expect(scriptProgress(await consoleOf('exit 0'), 'MARK')).toEqual({
    begun: true,
    exitStatus: 0,
    output: '',
  });
});
