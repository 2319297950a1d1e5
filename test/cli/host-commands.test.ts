// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const hostCommands = resolve('lib/target/host-bin');

/** A directory on PATH after the builder's own commands; its setpriv tells what it was given and runs it as is. */
let programs: string;

beforeEach(() => {
  programs = mkdtempSync(join(tmpdir(), 'host-commands-test-'));
  program('setpriv', 'echo "setpriv $*"; while [ "$1" != -- ]; do shift; done; shift; exec "$@"');
  program(
    'getent',
    'if [ "$2" = bob ]; then echo bob:x:1001:1002::/home/bob:/bin/sh; elif [ "$2" != carol ]; then echo root:x:0:0::/:/bin/sh; fi',
  );
});

afterEach(() => rmSync(programs, { recursive: true }));

describe('sudo of a process that is uid 0', () => {
  test.each([
    ['a plain command, its environment kept', ['sh', '-c', 'echo $KEPT'], ['kept']],
    ['options that change nothing', ['-E', '-n', '-S', '-k', '--', 'echo', '-n', 'x'], ['x']],
    ['letters in one word', ['-nEHA', 'echo', 'x'], ['x']],
    [
      'variables, also after --',
      ['A=1', '-E', 'B=x y', '--', 'C=3', 'sh', '-c', 'echo $A $B $C'],
      ['1 x y 3'],
    ],
    ['lists of variables to keep', ['--preserve-env=A,B', '--preserve-env', 'echo', 'x'], ['x']],
    ['a prompt', ['-p', 'Password:', '--prompt=x', 'echo', 'x'], ['x']],
    ['no command', ['-v'], []],
    ['root by name', ['-u', 'root', 'echo', 'x'], ['x']],
    ['a directory', ['-D', '/usr/lib', 'pwd'], ['/usr/lib']],
    ['a shell', ['-s', 'echo', '$KEPT', 'a  b;c', "it's"], ["kept a  b;c it's"]],
    ['a login shell', ['-i', 'pwd'], ['/']],
    [
      'another user',
      ['-u', 'bob', 'echo', 'x'],
      ['setpriv --reuid 1001 --regid 1002 --init-groups -- echo x', 'x'],
    ],
    [
      'another user in each other form',
      ['--user', 'carol', '-ubob', '--user=bob', '-g', 'disk', 'echo', 'x'],
      ['setpriv --reuid 1001 --regid disk --init-groups -- echo x', 'x'],
    ],
    [
      "another user's home",
      ['-Hu', 'bob', 'sh', '-c', 'echo $HOME'],
      ['setpriv --reuid 1001 --regid 1002 --init-groups -- sh -c echo $HOME', '/home/bob'],
    ],
  ])('takes %s', (_, words, output) => {
    expect(sudo(words)).toEqual({ status: 0, output });
  });

  test('takes an id that no user has', () => {
    program('getent', 'exit 2');
    expect(sudo(['-u', '#4711', 'echo', 'x'])).toEqual({
      status: 0,
      output: ['setpriv --reuid 4711 --regid 4711 --clear-groups -- echo x', 'x'],
    });
  });

  test('gives the status of the command', () => {
    expect(sudo(['sh', '-c', 'exit 5'])).toEqual({ status: 5, output: [] });
  });

  test('reaches the programs of the system from any PATH', () => {
    const { output } = sudo(['sh', '-c', 'echo "$PATH"']);
    expect(output).toEqual([`${hostCommands}:${programs}:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin`]);
  });

  test.each([
    [['-u', 'carol', 'true'], 'sudo: user carol is not known'],
    [['-u'], 'sudo: option -u needs a value'],
    [['--user'], 'sudo: option --user needs a value'],
    [['-nZ', 'true'], 'sudo: option -Z is not known'],
    [['--frobnicate', 'true'], 'sudo: option --frobnicate is not known'],
    [['-u', 'bob', 'no-such-program', 'x'], 'sudo: no-such-program: command not found'],
    [['/no/such/program'], 'sudo: /no/such/program: command not found'],
  ])('refuses %j', (words, line) => {
    expect(sudo(words)).toEqual({ status: 1, output: [line] });
  });
});

test('sudo takes the user who builds, in a user namespace, for who it is already', () => {
  const [uid, ...asSomebody] =
    process.getuid?.() === 0
      ? [1001, 'setpriv', '--reuid', '1001', '--regid', '1002', '--clear-groups']
      : [process.getuid?.(), 'env'];
  chmodSync(programs, 0o755);
  copyFileSync(join(hostCommands, 'sudo'), join(programs, 'sudo'));
  program('getent', `echo builder:x:${String(uid)}:1002::/home/builder:/bin/sh`);
  const [command = '', ...words] = asSomebody.map(String);
  const inside = ['unshare', '--user', '--map-root-user', '--', 'bash', '-c'];
  const { stdout } = spawnSync(
    command,
    [...words, ...inside, "PATH=$1:$PATH sudo -Hu builder sh -c 'echo $HOME; id -u' 2>&1", 'bash', programs],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], env: { PATH: '/usr/bin:/bin' } },
  );
  expect(stdout).toBe('/home/builder\n0\n');
});

test("package-installs-squash is the builder's own command", () => {
  const { status, stdout } = spawnSync(
    join(hostCommands, 'package-installs-squash'),
    ['--path=/e', '/tmp/x y'],
    {
      encoding: 'utf8',
      env: { DIB_BUILDER_NODE: '/bin/echo', DIB_BUILDER_ENTRY: '/opt/diskimage-builder' },
    },
  );
  expect({ status, stdout }).toEqual({
    status: 0,
    stdout: '/opt/diskimage-builder package-installs-squash --path=/e /tmp/x y\n',
  });
});

/** Run as uid 0 of a namespace of its own where the test is not root already. */
function sudo(words: readonly string[]): { status: number | null; output: string[] } {
  const asRoot = process.getuid?.() === 0 ? [] : ['unshare', '--user', '--map-root-user', '--'];
  const [command = '', ...rest] = [...asRoot, 'bash', '-c', 'exec sudo "$@" 2>&1', 'bash', ...words];
  const { status, stdout } = spawnSync(command, rest, {
    encoding: 'utf8',
    // A socket as standard input would make bash read the user's own start files.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: `${hostCommands}:${programs}:/usr/bin:/bin`, KEPT: 'kept' },
  });
  return { status, output: stdout.split('\n').filter((line) => line !== '') };
}

function program(name: string, text: string): void {
  writeFileSync(join(programs, name), `#!/bin/sh\n${text}\n`);
  chmodSync(join(programs, name), 0o755);
}
