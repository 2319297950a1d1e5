// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { describeFailure, shellWord } from '../../../lib/report/describe-failure.ts';
import type { Failure } from '../../../lib/model/failure.ts';

const context = { logFile: '/tmp/build.log', resumeCommand: "disk-image-create -o 'my image' vm debian" };

const failures: { readonly [Kind in Failure['kind']]: Extract<Failure, { kind: Kind }> } = {
  'hook-failed': {
    kind: 'hook-failed',
    element: 'openssh-server',
    phase: 'install.d',
    script: '50-openssh',
    exitStatus: 127,
    lastLines: ['+ sshd-keygen', '\u001b[31msshd-keygen: command not found\u001b[0m'],
  },
  'packages-failed': {
    kind: 'packages-failed',
    phase: 'install.d',
    packages: ['vim', 'nmap'],
    exitStatus: 100,
    lastLines: ['E: Unable to locate package nmap'],
  },
  'command-failed': {
    kind: 'command-failed',
    doing: 'making the file system mkfs_root',
    argv: ['mke2fs', '-L', 'my root', '/x'],
    exitStatus: null,
    signal: 'SIGKILL',
    lastLines: [],
  },
  'empty-tree': { kind: 'empty-tree' },
  'missing-programs': {
    kind: 'missing-programs',
    needs: [
      { program: 'mmdebstrap', reason: 'bootstraps Debian' },
      { program: 'mcopy', reason: 'fills the EFI system partition' },
    ],
  },
  'no-space': { kind: 'no-space', path: '/var/cache', doing: 'making the layer of root.d/08-debootstrap' },
  'image-too-small': {
    kind: 'image-too-small',
    fileSystem: 'mkfs_root',
    neededBytes: 1_500_000_000,
    availableBytes: 1_073_741_824,
  },
  'input-invalid': {
    kind: 'input-invalid',
    problems: [{ message: 'package-installs names no package', hints: ['remove the entry'] }],
  },
  interrupted: { kind: 'interrupted' },
  'worker-killed': { kind: 'worker-killed' },
  unexpected: { kind: 'unexpected', message: 'x is undefined', stack: 'Error: x\n    at y (z.ts:1:2)' },
};

test('every failure has its words', () => {
  const words = Object.entries(failures).map(
    ([kind, failure]) => `--- ${kind}\n${describeFailure(failure, context)}`,
  );
  expect(words.join('')).toMatchInlineSnapshot(`
    "--- hook-failed
    Hook install.d/50-openssh of element openssh-server failed: exit status 127 (a command was not found).

    The last 2 lines it printed:
        + sshd-keygen
        sshd-keygen: command not found

    Log file: /tmp/build.log

    To go on from this hook (finished layers are reused), run the same command again:
        disk-image-create -o 'my image' vm debian
    --- packages-failed
    Installing packages after install.d failed: exit status 100.

    The packages: vim nmap

    The last line it printed:
        E: Unable to locate package nmap

    Log file: /tmp/build.log

    To go on from this step (finished layers are reused), run the same command again:
        disk-image-create -o 'my image' vm debian
    --- command-failed
    Making the file system mkfs_root failed: ended by SIGKILL.

    The command:
        mke2fs -L 'my root' /x

    It printed nothing.

    Log file: /tmp/build.log

    To go on from this point (finished layers are reused), run the same command again:
        disk-image-create -o 'my image' vm debian
    --- empty-tree
    The tree is empty after root.d: no element put an operating system into it.

    Name an element that provides operating-system, for example debian or debian-minimal.
    --- missing-programs
    Programs that this build needs are missing on this machine:
      mmdebstrap  bootstraps Debian
      mcopy       fills the EFI system partition

    Run bin/setup to install them (bin/setup --check only reports).
    --- no-space
    No space is left on /var/cache while making the layer of root.d/08-debootstrap.

    Free some there, or name a roomier place with TMPDIR (temporary files) or --image-cache (the store).

    To go on from this point (finished layers are reused), run the same command again:
        disk-image-create -o 'my image' vm debian
    --- image-too-small
    The content of file system mkfs_root does not fit: it needs 1.40 GiB, the image leaves it 1.00 GiB.

    Give a larger --image-size, or leave it out to get the size that is needed.

    To go on from this point (finished layers are reused), run the same command again:
        disk-image-create -o 'my image' vm debian
    --- input-invalid
    package-installs names no package
      remove the entry
    --- interrupted
    The build was interrupted.

    To go on from where it was (finished layers are reused), run the same command again:
        disk-image-create -o 'my image' vm debian
    --- worker-killed
    The worker, which carries out the build, was killed.

    Perhaps memory ran out: then the kernel says so (dmesg). --no-tmpfs keeps the image out of memory.

    To go on from where it was (finished layers are reused), run the same command again:
        disk-image-create -o 'my image' vm debian
    --- unexpected
    Something went wrong inside the builder: x is undefined

        Error: x
            at y (z.ts:1:2)

    This is a bug, not your mistake: please report it with the lines above.

    Log file: /tmp/build.log
    "
  `);
});

test('without a log file it says how to keep one', () => {
  const failure = { ...failures['hook-failed'], lastLines: [], exitStatus: 137 };
  expect(describeFailure(failure, { ...context, logFile: null })).toMatchInlineSnapshot(`
    "Hook install.d/50-openssh of element openssh-server failed: exit status 137 (ended by signal 9, perhaps for want of memory).

    It printed nothing.

    No log file was kept; --logfile FILE, or the variable LOGFILE, keeps one.

    To go on from this hook (finished layers are reused), run the same command again:
        disk-image-create -o 'my image' vm debian
    "
  `);
});

test('words are quoted as a shell reads them back', () => {
  expect(['a=b', "it's", '', 'x y'].map(shellWord)).toEqual(['a=b', String.raw`'it'\''s'`, "''", "'x y'"]);
});

test('a hook that belongs to no element is named alone', () => {
  const failure = { ...failures['hook-failed'], element: '', phase: 'cache-key.d', script: '10-keys' };
  const [first] = describeFailure(failure, context).split('\n');
  expect(first).toBe('Hook cache-key.d/10-keys failed: exit status 127 (a command was not found).');
});

test.each([
  ['user-namespace', 'mknod: /x: Operation not permitted', true],
  ['user-namespace', 'mount: /x/sys: permission denied.', true],
  ['user-namespace', 'E: Unable to locate package nmap', false],
  ['root', 'mknod: /x: Operation not permitted', false],
] as const)('says in %s, after %j, whether rights may lack: %s', (isolation, line, isSaid) => {
  const said = describeFailure({ ...failures['hook-failed'], lastLines: [line] }, { ...context, isolation });
  expect(said.includes('\n\nThe build ran in a user namespace, where nobody can make device files')).toBe(
    isSaid,
  );
});
