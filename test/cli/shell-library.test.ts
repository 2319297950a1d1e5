// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { composeInit } from '../../lib/ramdisk/compose-init.ts';
import { requires } from '../support/requires.ts';

const library = resolve('lib/target');

let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'shell-library-test-'));
});

afterEach(() => rmSync(place, { recursive: true }));

describe('every file', () => {
  const files = readdirSync(library, { withFileTypes: true })
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.py'))
    .map(({ name }) => name);

  test.each(files.filter((name) => /-(defaults|functions)$/.test(name)))(
    '%s can be sourced by a script that minds unset variables',
    (name) => {
      expect(bash(`source "${library}/${name}"; echo sourced`)).toEqual({
        status: 0,
        stdout: 'sourced\n',
        stderr: '',
      });
    },
  );
});

test('defaults are those of a build, and exported; what is set stays', () => {
  const script = `source "$_LIB/img-defaults"; for name in ARCH DIB_CHECKSUM DIB_OFFLINE FS_TYPE IMAGE_NAME IMAGE_TYPE ELEMENTS_PATH; do bash -c 'echo "$1=\${!1}"' bash "$name"; done`;
  expect(bash(script, { ARCH: 'riscv64', IMAGE_NAME: 'apple' }).stdout.split('\n').slice(0, -1)).toEqual([
    'ARCH=riscv64',
    'DIB_CHECKSUM=0',
    'DIB_OFFLINE=',
    'FS_TYPE=ext4',
    'IMAGE_NAME=apple',
    'IMAGE_TYPE=qcow2',
    `ELEMENTS_PATH=${resolve('elements')}`,
  ]);
  expect(bash('source "$_LIB/ramdisk-defaults"; echo "$DIB_NO_TMPFS $RAMDISK_ELEMENT"').stdout).toBe(
    '1 ramdisk\n',
  );
});

describe('select_boot_kernel_initrd', () => {
  const select = (variables: Readonly<Record<string, string>> = {}): Ran =>
    bash(
      'source "$_LIB/img-functions"; select_boot_kernel_initrd "$PWD/"; echo "$BOOTDIR $KERNEL $RAMDISK"',
      variables,
    );
  const chosen = (kernel: string, ramdisk: string): Ran => ({
    status: 0,
    stdout: `PLACE/boot ${kernel} ${ramdisk}\n`,
    stderr: '',
  });
  const boot = (...names: readonly string[]): void => names.forEach((name) => file(`boot/${name}`, ''));

  test('takes the newest kernel of Debian that has an initial RAM disk', () => {
    file('etc/debian_version', '');
    boot(
      'vmlinuz-6.1.0-9-amd64',
      'initrd.img-6.1.0-9-amd64',
      'vmlinuz-6.1.0-10-amd64',
      'initrd.img-6.1.0-10-amd64',
    );
    boot('vmlinuz-6.1.0-11-amd64', 'vmlinuz-6.1.0-12-amd64.old', 'config-7.0');
    expect(select()).toEqual(chosen('vmlinuz-6.1.0-10-amd64', 'initrd.img-6.1.0-10-amd64'));
  });

  test('prefers the generic ones of Ubuntu, told by its os-release', () => {
    file('usr/lib/os-release', 'NAME="Ubuntu"\nID=ubuntu\nID_LIKE="debian"\n');
    boot(
      'vmlinuz-6.8.0-1-generic',
      'initrd.img-6.8.0-1-generic',
      'vmlinuz-6.9.0-1-kvm',
      'initrd.img-6.9.0-1-kvm',
    );
    expect(select()).toEqual(chosen('vmlinuz-6.8.0-1-generic', 'initrd.img-6.8.0-1-generic'));
  });

  test('takes a signed kernel when a version is named, by variable or file', () => {
    boot('vmlinuz-4.4.efi.signed', 'initrd.img-4.4', 'vmlinuz-5.0', 'initrd.img-5.0');
    expect(select({ DIB_SIGNED_KERNEL_VERSION: '4.4' })).toEqual(
      chosen('vmlinuz-4.4.efi.signed', 'initrd.img-4.4'),
    );
    file('dib-signed-kernel-version', '4.4\n');
    expect(select()).toEqual(chosen('vmlinuz-4.4.efi.signed', 'initrd.img-4.4'));
  });

  test('prefers PAE on Fedora and its kin, and takes none for debugging or rescue', () => {
    file('etc/redhat-release', '');
    boot('vmlinuz-5.14.0-1.el9.x86_64', 'initramfs-5.14.0-1.el9.x86_64.img');
    boot('vmlinuz-5.14.0-2.el9.x86_64+debug', 'initramfs-5.14.0-2.el9.x86_64+debug.img');
    boot('vmlinuz-0-rescue-abc', 'initramfs-0-rescue-abc.img', '.vmlinuz-5.14.0-1.el9.x86_64.hmac');
    expect(select()).toEqual(chosen('vmlinuz-5.14.0-1.el9.x86_64', 'initramfs-5.14.0-1.el9.x86_64.img'));
    boot('vmlinuz-5.13.0.PAE', 'initramfs-5.13.0.PAE.img');
    expect(select()).toEqual(chosen('vmlinuz-5.13.0.PAE', 'initramfs-5.13.0.PAE.img'));
  });

  test('follows the links of SUSE', () => {
    file('usr/lib/os-release', 'ID="opensuse-leap"\nID_LIKE="suse opensuse"\n');
    boot(
      'vmlinuz-5.14.1-default',
      'initrd-5.14.1-default',
      'vmlinuz-5.14.2-default',
      'initrd-5.14.2-default',
    );
    symlinkSync('vmlinuz-5.14.1-default', join(place, 'boot/vmlinuz'));
    expect(select()).toEqual(chosen('vmlinuz-5.14.1-default', 'initrd-5.14.1-default'));
  });

  test('knows names of Gentoo', () => {
    file('etc/gentoo-release', '');
    boot('kernel-genkernel-x86_64-5.15', 'initramfs-genkernel-x86_64-5.15');
    expect(select()).toEqual(chosen('kernel-genkernel-x86_64-5.15', 'initramfs-genkernel-x86_64-5.15'));
  });

  test('goes by patterns on any system', () => {
    boot('bzImage9', 'bzImage10', 'first.cpio', 'vmlinuz-7', 'initrd.img-7');
    const patterns = { DIB_BAREMETAL_KERNEL_PATTERN: 'bzImage*', DIB_BAREMETAL_INITRD_PATTERN: '*.cpio' };
    expect(select(patterns)).toEqual(chosen('bzImage10', 'first.cpio'));
    expect(select({ DIB_BAREMETAL_KERNEL_PATTERN: 'vmlinuz-*' })).toEqual(
      chosen('vmlinuz-7', 'initrd.img-7'),
    );
  });

  test.each([
    [{}, 'Unable to detect operating system: PLACE/etc/os-release does not tell a family that is known'],
    [{ DIB_BAREMETAL_KERNEL_PATTERN: 'Image*' }, 'no kernel matching Image* in PLACE/boot'],
    [
      { DIB_BAREMETAL_KERNEL_PATTERN: 'vmlinuz*' },
      'no initial RAM disk for any of the kernels vmlinuz-2 vmlinuz-1 in PLACE/boot',
    ],
  ])('says what is missing: %j', (variables, words) => {
    boot('vmlinuz-1', 'vmlinuz-2');
    expect(select(variables)).toEqual({ status: 1, stdout: '', stderr: `hook ERROR: ${words}\n` });
  });

  test('works from a copy of img-functions alone', () => {
    file('lib/img-functions', readFileSync(join(library, 'img-functions'), 'utf8'));
    file('etc/debian_version', '');
    boot('vmlinuz-1', 'initrd.img-1');
    const script = 'source ./lib/img-functions; select_boot_kernel_initrd "$PWD"; echo "$KERNEL $RAMDISK"';
    expect(bash(script).stdout).toBe('vmlinuz-1 initrd.img-1\n');
  });
});

describe('an output', () => {
  const january = new Date(2024, 0, 31, 13, 5, 9);
  const old = (name: string): void => {
    for (const extension of ['', '.md5', '.sha256']) {
      file(`${name}${extension}`, `old${extension}`);
      utimesSync(join(place, `${name}${extension}`), january, january);
    }
  };
  const md5 = '900150983cd24fb0d6963f7d28e17f72';
  const sha256 = 'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad';

  test('takes its place with finish_image; the old one is renamed after its date with its checksums', () => {
    old('out.tar.zst');
    file('out.tar.zst-new', 'abc');
    expect(bash('source "$_LIB/common-functions"; finish_image out.tar.zst', { DIB_CHECKSUM: '1' })).toEqual({
      status: 0,
      stdout: 'Image file out.tar.zst created...\n',
      stderr: '',
    });
    expect(contents()).toEqual({
      'out.tar.zst': 'abc',
      'out.tar.zst.md5': `${md5}  out.tar.zst\n`,
      'out.tar.zst.sha256': `${sha256}  out.tar.zst\n`,
      'out-2024.01.31-13.05.09.tar.zst': 'old',
      'out-2024.01.31-13.05.09.tar.zst.md5': 'old.md5',
      'out-2024.01.31-13.05.09.tar.zst.sha256': 'old.sha256',
    });
  });

  test('never replaces another old one', () => {
    file('out.qcow2-new', 'abc');
    old('out.qcow2');
    for (const extension of ['', '.1']) file(`out-2024.01.31-13.05.09.qcow2${extension}`, 'older');
    bash('source "$_LIB/common-functions"; finish_image out.qcow2');
    expect(contents()['out-2024.01.31-13.05.09.qcow2.2']).toBe('old');
  });

  test('replaces the old one with OVERWRITE_OLD_IMAGE, and its checksums go', () => {
    old('out.raw');
    file('out.raw-new', 'abc');
    const variables = { OVERWRITE_OLD_IMAGE: '1', DIB_CHECKSUM: 'sha256' };
    expect(bash('source "$_LIB/common-functions"; finish_image out.raw', variables).status).toBe(0);
    expect(contents()).toEqual({ 'out.raw': 'abc', 'out.raw.sha256': `${sha256}  out.raw\n` });
  });

  test('is saved from any file, or from TMP_IMAGE_PATH', () => {
    file('work/disk', 'abc');
    file('work/other', 'abc');
    const script = 'source "$_LIB/common-functions"; save_image out.raw; save_image other.raw work/other';
    expect(bash(script, { TMP_IMAGE_PATH: 'work/disk' }).status).toBe(0);
    expect(contents()).toEqual({ 'out.raw': 'abc', 'other.raw': 'abc' });
    expect(bash('source "$_LIB/common-functions"; save_image out.raw')).toEqual({
      status: 1,
      stdout: '',
      stderr: 'hook ERROR: save_image out.raw: no file is named, and TMP_IMAGE_PATH is not set\n',
    });
  });

  test('is converted by compress_and_save_image', () => {
    file('programs/qemu-img', '#!/bin/bash\necho "$@"; cp "${@: -2:1}" "${@: -1}"\n', 0o755);
    file('image/image0.raw', 'abc');
    const script =
      'PATH=$PWD/programs:$PATH; source "$_LIB/img-functions"; compress_and_save_image out.qcow2';
    const variables = { TMP_IMAGE_DIR: 'image', QEMU_IMG_OPTIONS: 'compat=0.10' };
    expect(bash(script, variables).stdout).toBe(
      'convert -f raw -O qcow2 -c -o compat=0.10 image/image0.raw out.qcow2-new\nImage file out.qcow2 created...\n',
    );
    expect(contents()['out.qcow2']).toBe('abc');
    expect(bash(script, variables)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'hook ERROR: compress_and_save_image out.qcow2: there is no raw image image/image0.raw; the builder makes images of the types -t after all hooks\n',
    });
  });
});

describe('a script of its own', () => {
  beforeEach(() => {
    file('elements/pan/element-provides', 'operating-system\n');
    file(
      'elements/pan/root.d/10-root',
      '#!/bin/bash\necho "root $FRUIT"; mkdir -p "$TARGET_ROOT/etc"\n',
      0o755,
    );
    file('elements/pan/environment.d/10-fruit', 'export FRUIT=apple\n');
    file(
      'elements/pan/block-device.d/10-device',
      '#!/bin/bash\necho noise; echo "IMAGE_BLOCK_DEVICE=/dev/x"\n',
      0o755,
    );
    file('elements/pan/tests/x', '');
  });
  const start = `source "$_LIB/common-defaults"; source "$_LIB/img-functions"; ELEMENTS_PATH=$PWD/elements
    export ELEMENTS_PATH; mk_build_dir`;

  test('makes directories that are gone when it ends', () => {
    const { stdout } = bash(
      `${start}; echo "$TMP_BUILD_DIR"; ls -d "$TMP_BUILD_DIR" "$TMP_IMAGE_DIR" | wc -l; exit 3`,
    );
    const [directory = '', count] = stdout.split('\n');
    expect(directory).toMatch(/^PLACE\/dib_build\.\w{8}$/);
    expect(count).toBe('2');
    expect(readdirSync(place).filter((name) => name.startsWith('dib_'))).toEqual([]);
  });

  test('resolves and merges elements, and runs their hooks', () => {
    const script = `${start}; arg_to_elements pan; check_element; ls "$TMP_HOOKS_PATH"
      export TARGET_ROOT=$TMP_BUILD_DIR/mnt; run_d root; run_d nothing; eval_run_d block-device IMAGE_BLOCK_DEVICE=
      echo "$IMAGE_BLOCK_DEVICE"`;
    const { status, stdout } = bash(script);
    expect({ status, stdout: stdout.split('\n') }).toEqual({
      status: 0,
      stdout: [
        'Building elements:  pan',
        'Expanded element dependencies to: pan',
        ...['block-device.d', 'dib-run-parts', 'element-provides', 'environment.d', 'root.d'],
        'root apple',
        'noise',
        'IMAGE_BLOCK_DEVICE=/dev/x',
        '/dev/x',
        '',
      ],
    });
  });

  test('is told of two elements with one hook', () => {
    file('elements/pot/root.d/10-root', '');
    const script = `${start}; arg_to_elements pan pot; generate_hooks`;
    expect(bash(script)).toMatchObject({
      status: 1,
      stderr: 'hook ERROR: two elements have root.d/10-root; one is pot, in PLACE/elements/pot\n',
    });
  });

  test('stops when a hook fails', () => {
    file('elements/pan/root.d/20-fails', '#!/bin/bash\nexit 7\n', 0o755);
    expect(bash(`${start}; arg_to_elements pan; run_d root; echo not reached`).status).toBe(7);
  });

  test('opens a shell at break points', () => {
    const script = `${start}; arg_to_elements pan >&2; export TARGET_ROOT=$PWD/mnt; run_d root`;
    const { stdout } = bash(script, {
      break: 'after-root,before-install',
      break_cmd: 'echo stopped in $PWD',
    });
    expect(stdout).toBe('root apple\nstopped in PLACE\n');
  });
});

describe('in a build', () => {
  test('what the builder does is done already', () => {
    for (const name of ['hooks', 'mnt/etc', 'image']) mkdirSync(join(place, name), { recursive: true });
    const variables = {
      TMP_BUILD_DIR: place,
      TMP_HOOKS_PATH: join(place, 'hooks'),
      TMP_MOUNT_PATH: join(place, 'mnt'),
      TMP_IMAGE_DIR: join(place, 'image'),
      DIB_BUILDER_ENTRY: '/x',
    };
    const script = `source "$_LIB/img-functions"; mk_build_dir; generate_hooks; check_element; create_base; finalise_base
      cleanup_build_dir; cleanup_image_dir; cleanup; echo "$TMP_BUILD_DIR"`;
    expect(bash(script, variables)).toEqual({ status: 0, stdout: 'PLACE\n', stderr: '' });
    expect(existsSync(join(place, 'mnt/etc'))).toBe(true);
  });
});

describe('a RAM disk', () => {
  beforeEach(() => {
    // Stand-ins: an applet list, and an archive that is a list of names.
    file(
      'programs/busybox',
      '#!/bin/bash\nif [ "$1" = --list ]; then printf "%s\\n" sh ls wget ip; sleep 0.02; echo zcat; fi\n',
      0o755,
    );
    file('programs/cpio', "#!/bin/bash\ntr '\\0' '\\n'\n", 0o755);
    for (const name of ['wget', 'ip', 'lsmod', 'apple'])
      file(`programs/${name}`, `#!/bin/bash\n# ${name}\n`, 0o755);
    file('system/boot/vmlinuz-9.9', '');
    file('system/boot/vmlinuz-10.1', '');
    file('system/lib/modules/10.1/disk.ko', '');
    file('system/lib/modules/10.1/vgafb.ko', '');
    symlinkSync('/nowhere', join(place, 'system/lib/modules/10.1/build'));
    file('system/lib/firmware/card.bin', '');
    file('system/etc/modprobe.d/own.conf', '');
    file('system/etc/modprobe.d/README', '');
    file('scripts/init', '#!/bin/bash\necho begin\n');
    file('scripts/init-end', 'echo end\n');
    file('scripts/d/init-func', '');
    file('hooks/init.d/80-b', 'echo b\n');
    file('hooks/init.d/10-a', 'echo a\n');
    file('hooks/udev.d/90-own.rules', '');
    file('hooks/binary-deps.d/fruit', 'apple ip\n');
    file('hooks/ramdisk-install.d/50-mark', '#!/bin/bash\ntouch "$TMP_MOUNT_PATH/marked"\n', 0o755);
  });

  const make = (variables: Readonly<Record<string, string>> = {}): Ran =>
    bash(
      `PATH=$PWD/programs:$PATH; source "$_LIB/ramdisk-functions"; mk_build_dir; TMP_HOOKS_PATH=$PWD/hooks
      create_base; populate_lib; populate_busybox; populate_udev; populate_init; finalise_image; save_image out.initramfs
      cat "$TMP_MOUNT_PATH/init"; find "$TMP_MOUNT_PATH/bin" -printf '%f %l\\n'; find_kernel_version`,
      { DIB_MODULE_ROOT: join(place, 'system'), SCRIPT_HOME: join(place, 'scripts'), ...variables },
    );

  test('has the /init that the builder makes, for the shell that its fragments need', () => {
    file('hooks/init.d/10-a', 'echo a');
    const composed = composeInit({
      prologue: readFileSync(join(library, 'scripts/init'), 'utf8'),
      epilogue: readFileSync(join(library, 'scripts/init-end'), 'utf8'),
      fragments: ['10-a', '80-b'].map((name) => ({
        name,
        element: 'this RAM disk',
        text: readFileSync(join(place, 'hooks/init.d', name), 'utf8'),
      })),
      shell: '/bin/sh',
    });
    const plain = (text: string): string => text.replaceAll(' from this RAM disk', '');
    expect(plain(initMade())).toBe(plain(composed));
    file('hooks/init.d/10-a', 'list=(a b)\n');
    expect(initMade().split('\n')[0]).toBe('#!/bin/bash');
  });

  /** /init of a RAM disk that is made with the library's own scripts. */
  const initMade = (): string => {
    const words = `source "$_LIB/ramdisk-functions"; TMP_HOOKS_PATH=$PWD/hooks TMP_MOUNT_PATH=$PWD/made
      mkdir -p made; populate_init; cat made/init; test -x made/etc/udhcpc/default.script`;
    const { status, stdout, stderr } = bash(words);
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    return stdout;
  };

  test('has the parts that elements give it, and those of the system it is made in', () => {
    const { status, stdout } = make();
    expect(status).toBe(0);
    const packed = spawnSync('gunzip', ['-c', join(place, 'out.initramfs')], {
      encoding: 'utf8',
    }).stdout.split('\n');
    const expected = [
      'init',
      'init-func',
      'marked',
      'bin/apple',
      'bin/busybox',
      'bin/ip',
      'bin/ls',
      'bin/bash',
    ];
    expected.push('lib/modules/10.1/disk.ko', 'lib/firmware/card.bin', 'lib/udev/rules.d/90-own.rules');
    expected.push('etc/modprobe.d/own.conf', 'lib64', 'sbin', 'proc');
    expect(expected.filter((name) => !packed.includes(`./${name}`))).toEqual([]);
    expect(packed.filter((name) => /fb\.ko|build|README/.test(name))).toEqual([]);
    expect(packed.some((name) => /^\.\/lib\/libc\.so/.test(name))).toBe(true);
    const lines = stdout.split('\n');
    expect(lines.slice(1, 8)).toEqual([
      '#!/bin/bash',
      'echo begin',
      '# init fragment 10-a',
      'echo a',
      '# init fragment 80-b',
      'echo b',
      'echo end',
    ]);
    expect(lines).toContain('wget busybox');
    expect(lines).toContain('ip ');
    expect(lines.at(-2)).toBe('10.1');
  });

  test.each([
    [{ DIB_KERNEL_VERSION: '7' }, 'kernel module directory not found at PLACE/system/lib/modules/7'],
    [{ SCRIPT_HOME: '/nowhere' }, 'SCRIPT_HOME must hold init and init-end: there is no /nowhere/init'],
  ])('fails with words: %j', (variables, words) => {
    expect(make(variables)).toMatchObject({ status: 1, stderr: `hook ERROR: ${words}\n` });
  });

  test('fails when a program that an element needs is not there', () => {
    file('hooks/binary-deps.d/more', 'no-such-program\nnor-this');
    const stderr = 'hook ERROR: not on PATH, but needed in the RAM disk: no-such-program nor-this\n';
    expect(make()).toMatchObject({ status: 1, stderr });
  });
});

test.each([
  [{ DIB_NO_TMPFS: '1' }, 1, /^$/],
  [{ DIB_MIN_TMPFS: '0.001' }, 0, /^$/],
  [
    { DIB_MIN_TMPFS: '1000000' },
    1,
    /^no tmpfs is used: \d+ KiB of memory are available, and 1048576000000 KiB are wanted\n$/,
  ],
])('tmpfs_check minds %j', (variables, status, words) => {
  const ran = bash('source "$_LIB/common-functions"; tmpfs_check', variables);
  expect(ran.status).toBe(status);
  expect(ran.stdout).toMatch(words);
});

describe('Python in hooks', () => {
  requires({ programs: ['python3'] });

  test.each([
    ['import diskimage_builder.block_device'],
    ['from diskimage_builder import element_dependencies'],
  ])('refuses %j with words', (statement) => {
    const { status, stderr } = bash(`exec python3 -B -c "$1"`, { PYTHONPATH: join(library, 'python') }, [
      statement,
    ]);
    expect(status).toBe(1);
    expect(stderr.trimEnd().split('\n').at(-1)).toBe(
      'ImportError: this builder has no Python modules: instead of importing diskimage_builder, call the commands ' +
        'element-info, dib-block-device getval and dib-run-parts, or read the variables IMAGE_ELEMENT_YAML, ' +
        'DIB_ROOT_LABEL, DIB_BOOT_LABEL and DIB_MOUNTPOINTS',
    );
  });

  test('lets a script that is called like a command of hooks become that command', () => {
    const script = join(place, 'bin/package-installs-squash');
    mkdirSync(dirname(script));
    writeFileSync(script, 'from diskimage_builder import logging_config\n');
    const variables = {
      PYTHONPATH: join(library, 'python'),
      DIB_BUILDER_NODE: '/bin/echo',
      DIB_BUILDER_ENTRY: 'builder',
    };
    expect(bash('exec python3 -B "$1" --elements="a b" out.json', variables, [script])).toEqual({
      status: 0,
      stdout: 'builder package-installs-squash --elements=a b out.json\n',
      stderr: '',
    });
  });
});

type Ran = { readonly status: number | null; readonly stdout: string; readonly stderr: string };

/** As a hook runs: errors, unset variables and failures in pipes end it. */
function bash(
  script: string,
  variables: Readonly<Record<string, string>> = {},
  words: readonly string[] = [],
): Ran {
  const argv = ['-eu', '-o', 'pipefail', '-c', script, 'hook', ...words];
  const { status, stdout, stderr } = spawnSync('bash', argv, {
    cwd: place,
    encoding: 'utf8',
    // A socket as standard input would make bash read the user's own start files.
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env['PATH'], _LIB: library, TMPDIR: place, ...variables },
  });
  const portable = (text: string): string => text.replaceAll(place, 'PLACE');
  const said = stderr.split('\n').filter((line) => !line.startsWith('dib-run-parts '));
  return { status, stdout: portable(stdout), stderr: portable(said.join('\n')) };
}

function file(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
  chmodSync(join(place, path), mode);
}

/** Text of the files that lie at the top. */
const contents = (): Readonly<Record<string, string>> =>
  Object.fromEntries(
    readdirSync(place, { withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map(({ name }) => [name, readFileSync(join(place, name), 'utf8')]),
  );
