// SPDX-License-Identifier: Apache-2.0
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { packageRoot, runCommand } from '../support/run-command.ts';

let place: string;
beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'cli-test-'))));
afterEach(() => rmSync(place, { recursive: true }));

const version = (JSON.parse(readFileSync(join(packageRoot, 'package.json'), 'utf8')) as { version: string })
  .version;

const help = `Usage: diskimage-builder [options] [command]

Builds the images that files describe, and has what else belongs to building;
disk-image-create builds a single one.

Options:
  --version                       print the version and stop
  -h, --help                      print this and stop

Commands:
  build [options] <file...>       build images that files describe
  boot-test [options] [image...]  start images in a virtual machine and see
                                  whether they come up
  cache                           list, remove and check stored layers; explain
                                  why a hook ran again
  element                         show, make and test elements
  sudoers [options]               print a file for /etc/sudoers.d
`;

describe('the command itself', () => {
  test('--help', () => {
    expect(runCommand('diskimage-builder', ['--help'])).toEqual({ status: 0, stdout: help, stderr: '' });
  });

  test('nothing at all is a mistake', () => {
    expect(runCommand('diskimage-builder', [])).toEqual({ status: 2, stdout: '', stderr: help });
  });

  test('--version', () => {
    const said = { status: 0, stdout: `diskimage-builder version ${version}\n`, stderr: '' };
    expect(runCommand('diskimage-builder', ['--version'])).toEqual(said);
  });

  test('an unknown subcommand', () => {
    expect(runCommand('diskimage-builder', ['boot-tset'])).toEqual({
      status: 2,
      stdout: '',
      stderr: "error: unknown command 'boot-tset'\n(Did you mean boot-test?)\n(--help says more)\n",
    });
  });
});

describe('sudoers', () => {
  test('lets a user run the worker of this installation', () => {
    expect(runCommand('diskimage-builder', ['sudoers', '--user', '%builders'])).toEqual({
      status: 0,
      stdout: `# SPDX-License-Identifier: Apache-2.0
# Lets %builders start the worker of diskimage-builder as root without a password.
# The worker runs whatever hooks it is given, so this rule is worth as much as full root rights.
# The command below, and all that it is installed with, must belong to root and be writable by root alone.
# No such rule is needed where newuidmap works and the user has ranges in /etc/subuid and /etc/subgid.
%builders ALL=(root) NOPASSWD: {root}/bin/diskimage-builder worker
`,
      stderr: '',
    });
  });

  test('means who called sudo when that is how it is run', () => {
    const { stdout } = runCommand('diskimage-builder', ['sudoers'], { environment: { SUDO_USER: 'ada' } });
    expect(stdout).toContain('\nada ALL=(root) NOPASSWD: ');
  });

  test('refuses what is no user', () => {
    expect(runCommand('diskimage-builder', ['sudoers', '--user', 'a,b'])).toEqual({
      status: 2,
      stdout: '',
      stderr: '"a,b" is no name of a user\n  give a name, or %GROUP\n',
    });
  });
});

const bootTestHelp = `Usage: diskimage-builder boot-test [options] [image...]

Starts each disk image under QEMU, waits for a login prompt on the serial
console and prints how long that took. With --kernel it starts that kernel
instead, with the RAM disk of --initrd and with all images as disks of one
machine: a login prompt is good, and so is the line by which a RAM disk of this
project says that it is ready. A machine that restarts before is not. The images
are not changed.

Arguments:
  image                  disk images in any format that QEMU reads

Options:
  --kernel <file>        start this kernel
  --initrd <file>        with this RAM disk
  --append <text>        words for the kernel's command line, which begins with
                         the serial console
  --disk <file>          one more disk of every machine; may be given several
                         times
  --net <words>          a network interface, may be given several times: user,
                         mac=ADDRESS, forward=PORT:GUEST_PORT with commas
                         between; none for none. Ports are forwarded from
                         127.0.0.1 only
  --firmware <firmware>  what starts the image (choices: "bios", "uefi", "both")
  --expect <text>        wait for this text instead
  --timeout <seconds>    give up after this long (default: 300)
  --run <script>         run a script in the guest, through cloud-init, and take
                         its exit status
  --arch <arch>          default: this machine's (choices: "amd64", "arm64")
  --memory <megabytes>   memory of the machine (default: 1024)
  --accelerator <name>   default: kvm if it works, else tcg (choices: "kvm",
                         "tcg")
  -h, --help             print this and stop
`;

describe('boot-test', () => {
  test('an image that is missing', () => {
    expect(runCommand('diskimage-builder', ['boot-test', '/nowhere.qcow2'])).toEqual({
      status: 2,
      stdout: '',
      stderr: 'image /nowhere.qcow2 does not exist or cannot be read\n',
    });
  });

  test('--help', () => {
    expect(runCommand('diskimage-builder', ['boot-test', '--help'])).toEqual({
      status: 0,
      stdout: bootTestHelp,
      stderr: '',
    });
  });

  test.each([
    [[], 'name a disk image, or a kernel with --kernel'],
    [['--initrd', 'i', 'x.qcow2'], '--initrd goes with --kernel'],
    [['--append', 'quiet', 'x.qcow2'], '--append goes with --kernel'],
    [
      ['x', '--net', 'forward=0.0.0.0:22:22'],
      `option '--net <words>' argument 'forward=0.0.0.0:22:22' is invalid. "0.0.0.0:22:22" is not PORT:GUEST_PORT, two numbers from 1 to 65535.`,
    ],
  ])('what makes no sense: %j', (words, message) => {
    expect(runCommand('diskimage-builder', ['boot-test', ...words])).toEqual({
      status: 2,
      stdout: '',
      stderr: `error: ${message}\n(--help says more)\n`,
    });
  });

  test('a kernel and a RAM disk that are none are named together', () => {
    writeFileSync(join(place, 'kernel'), 'no kernel');
    const words = [
      'boot-test',
      '--arch',
      'amd64',
      '--kernel',
      join(place, 'kernel'),
      '--initrd',
      join(place, 'initrd'),
    ];
    expect(runCommand('diskimage-builder', words)).toEqual({
      status: 2,
      stdout: '',
      stderr:
        `kernel ${place}/kernel is no Linux kernel for x86_64\n` +
        `initrd ${place}/initrd does not exist or cannot be read\n`,
    });
  });

  test('a RAM disk in the place of the kernel, and the reverse', () => {
    writeFileSync(join(place, 'ramdisk'), '070701');
    const words = ['boot-test', '--arch', 'amd64', '--kernel', join(place, 'ramdisk'), '--initrd', '/bin/sh'];
    expect(runCommand('diskimage-builder', words)).toEqual({
      status: 2,
      stdout: '',
      stderr:
        `kernel ${place}/ramdisk is no Linux kernel for x86_64\n` +
        '  it looks like a RAM disk: is that for --initrd?\n' +
        'initrd /bin/sh is no RAM disk\n' +
        '  it has to be a cpio archive, compressed with gzip, xz, zstd, lz4, bzip2, lzma or lzo or not at all\n',
    });
  });

  test('an option that is wrong', () => {
    expect(runCommand('diskimage-builder', ['boot-test', 'x', '--timeout', 'long'])).toEqual({
      status: 2,
      stdout: '',
      stderr:
        "error: option '--timeout <seconds>' argument 'long' is invalid. Give a whole number above 0.\n" +
        '(--help says more)\n',
    });
  });
});

describe('package-installs-squash', () => {
  const squash = (environment: Readonly<Record<string, string>>): ReturnType<typeof runCommand> =>
    runCommand(
      'diskimage-builder',
      [
        'package-installs-squash',
        '--elements=packed',
        `--path=${join(packageRoot, 'test/cli/elements')}`,
        'out.json',
      ],
      { cwd: place, environment },
    );

  test('writes what is to be installed, as JSON and as lines', () => {
    expect(squash({ ARCH: 'amd64', WITH_EDITOR: '1' })).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(JSON.parse(readFileSync(join(place, 'out.json'), 'utf8'))).toEqual({
      'install.d': {
        install: [
          ['less', 'packed'],
          ['vim', 'packed'],
        ],
        uninstall: [],
      },
    });
    expect(readFileSync(join(place, 'out.txt'), 'utf8')).toBe(
      'install.d\tinstall\tless\tpacked\ninstall.d\tinstall\tvim\tpacked\n',
    );
  });

  test('needs both of its options', () => {
    const { status, stderr } = runCommand('diskimage-builder', ['package-installs-squash', 'x'], {
      cwd: place,
    });
    expect({ status, stderr }).toEqual({
      status: 2,
      stderr: "error: required option '--elements <names>' not specified\n(--help says more)\n",
    });
  });
});

test('worker ends at once when it is given nothing to do', () => {
  expect(runCommand('diskimage-builder', ['worker'], { cwd: place })).toEqual({
    status: 0,
    stdout: '',
    stderr: '',
  });
});
