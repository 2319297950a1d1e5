// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { makeRequest } from '../../../lib/cli/make-request.ts';
import type { CommandLine } from '../../../lib/cli/make-request.ts';
import { outputFormats } from '../../../lib/formats/index.ts';
import { hostPath } from '../../../lib/model/brands.ts';
import { failed, success } from '../../../lib/model/problem.ts';

const GIB = 2 ** 30;

type Around = {
  readonly program?: 'disk-image-create' | 'ramdisk-image-create';
  readonly environment?: Readonly<Record<string, string>>;
  readonly files?: Readonly<Record<string, string>>;
};

function understand(
  argv: readonly string[],
  { environment = {}, files = {}, program = 'disk-image-create' }: Around = {},
): CommandLine {
  return makeRequest({
    program,
    argv,
    environment: { HOME: '/home/ada', PATH: '/usr/bin', ...environment },
    workingDirectory: '/work/here',
    facts: { arch: 'amd64', homeDirectory: '/home/ada', builtInElements: hostPath('/usr/share/elements') },
    readText: (path) => {
      const text = files[path];
      return text === undefined
        ? failed({ message: `cannot read ${path}: there is no such file` })
        : success(text);
    },
  });
}

const requestOf = (argv: readonly string[], around?: Around): CommandLine['request'] => {
  const { request, problems } = understand(argv, around);
  expect(problems).toEqual([]);
  return request;
};

const problemsOf = (argv: readonly string[], around?: Around): readonly string[] =>
  understand(argv, around).problems.map(({ message }) => message);

test('everything has a default', () => {
  expect(requestOf(['vm'])).toEqual({
    program: 'disk-image-create',
    argumentsAsGiven: ['vm'],
    elements: ['vm'],
    elementsPath: ['/usr/share/elements'],
    flavoursPath: [],
    withBase: true,
    defaultOperatingSystem: 'debian',
    arch: 'amd64',
    imageName: 'image',
    outputTypes: ['qcow2'],
    packages: [],
    disk: {
      size: null,
      extraSize: null,
      journalSize: 64 * 2 ** 20,
      maxOnlineResize: null,
      mkfsOptions: [],
      rootLabel: null,
      fileSystemType: 'ext4',
      sectorSize: null,
      config: null,
    },
    output: {
      compress: true,
      qemuImgOptions: null,
      qcow2Compression: 'zlib',
      checksums: [],
      overwriteOldImage: false,
    },
    ramdisk: {
      isHost: false,
      kernelVersion: null,
      moduleRoot: '',
      udevRoot: '',
      busybox: null,
      fileName: null,
    },
    store: {
      cacheDirectory: '/home/ada/.cache/image-create',
      reuse: true,
      maxAgeSeconds: null,
      maxBytes: 20 * 1024 ** 3,
      offline: false,
      tmpfs: true,
      minTmpfs: 2 * GIB,
    },
    debug: {
      trace: 0,
      breakpoints: [],
      breakCommand: 'bash',
      breakOutsideTarget: false,
      shellOnFailure: false,
      showImageUsage: false,
    },
    workingDirectory: '/work/here',
    temporaryDirectory: null,
    environment: {
      HOME: '/home/ada',
      PATH: '/usr/bin',
      DIB_ARGS: 'vm',
      DIB_CHECKSUM: '0',
      DIB_DEFAULT_INSTALLTYPE: 'source',
      DIB_ENV: '',
      DIB_LOCKFILES: '/home/ada/.cache/dib/lockfiles',
      DIB_MIN_TMPFS: '2',
    },
  });
});

describe('the name of a RAM disk', () => {
  test.each([
    ['deploy', 'deploy', null],
    ['deploy.ramdisk', 'deploy', 'deploy.ramdisk'],
    ['out/deploy.v2.img', 'out/deploy.v2', 'out/deploy.v2.img'],
    ['deploy.initramfs', 'deploy', null],
    ['deploy.kernel', 'deploy', null],
    ['deploy-1.2', 'deploy-1.2', null],
    ['out.d/deploy', 'out.d/deploy', null],
    ['.hidden', '.hidden', null],
    ['deploy.qcow2', 'deploy', 'deploy.qcow2'],
  ])('-o %s', (given, imageName, fileName) => {
    const request = requestOf(['-o', given, 'deploy'], { program: 'ramdisk-image-create' });
    expect([request.imageName, request.ramdisk.fileName]).toEqual([imageName, fileName]);
  });

  test('is not looked for in that of an image', () => {
    const request = requestOf(['-o', 'web.img', 'vm']);
    expect([request.imageName, request.ramdisk.fileName]).toEqual(['web.img', null]);
  });
});

test('ramdisk-image-create has no format of its own', () => {
  const program = 'ramdisk-image-create';
  expect(requestOf(['deploy'], { program }).outputTypes).toEqual([]);
  expect(requestOf(['-t', 'qcow2', 'deploy'], { program }).outputTypes).toEqual(['qcow2']);
});

test('options of RAM disks, and their variables', () => {
  const environment = {
    DIB_SIGNED_KERNEL_VERSION: '5.10.0-9-amd64',
    DIB_LIB_UDEV_ROOT: '/opt',
    BUSYBOX: '/opt/busybox',
  };
  expect(requestOf(['-m', '/k', '--from-host', 'deploy'], { environment }).ramdisk).toEqual({
    isHost: true,
    kernelVersion: '5.10.0-9-amd64',
    moduleRoot: '/k',
    udevRoot: '/opt',
    busybox: '/opt/busybox',
    fileName: null,
  });
  expect(requestOf(['-k', '6.1.0-1-amd64', 'deploy'], { environment }).ramdisk.kernelVersion).toBe(
    '6.1.0-1-amd64',
  );
});

describe('the command lines that clients send', () => {
  test('nodepool', () => {
    const argv =
      '-x -t qcow2,raw --checksum --no-tmpfs --qemu-img-options compat=0.10 -o /images/debian-17 debian-minimal vm';
    const request = requestOf(argv.split(' '));
    expect(request).toMatchObject({
      elements: ['debian-minimal', 'vm'],
      imageName: '/images/debian-17',
      outputTypes: ['qcow2', 'raw'],
      output: { qemuImgOptions: 'compat=0.10', checksums: ['md5', 'sha256'] },
      store: { tmpfs: false },
      debug: { trace: 1 },
    });
    expect(request.environment).toMatchObject({ DIB_CHECKSUM: '1', DIB_NO_TMPFS: '1' });
  });

  test('octavia: empty words and all elements in one', () => {
    const request = requestOf([
      ...[
        '',
        '',
        '-o',
        '/out/amphora-x64-haproxy',
        '-t',
        'qcow2',
        '--image-size',
        '2',
        '--image-cache',
        '/cache',
        '',
      ],
      'base vm ubuntu-minimal haproxy-octavia  ',
    ]);
    expect(request).toMatchObject({
      elements: ['base', 'vm', 'ubuntu-minimal', 'haproxy-octavia'],
      imageName: '/out/amphora-x64-haproxy',
      disk: { size: 2 * GIB },
      store: { cacheDirectory: '/cache' },
    });
  });

  test('ironic-python-agent-builder: elements before and after, options last', () => {
    expect(requestOf('-o ipa ironic-python-agent-ramdisk debian-minimal extra -x'.split(' '))).toMatchObject({
      elements: ['ironic-python-agent-ramdisk', 'debian-minimal', 'extra'],
      imageName: 'ipa',
      debug: { trace: 1 },
    });
  });

  test('trove', () => {
    const argv =
      '-x -a amd64 -o guest -t qcow2 --image-size 5 --image-cache /c base vm ubuntu-minimal guest-agent';
    expect(requestOf(argv.split(' '))).toMatchObject({ arch: 'amd64', disk: { size: 5 * GIB } });
  });

  test('tripleo: options of mkfs in quotes, packages, variables', () => {
    const argv = ['-a', 'amd64', '-o', 'p/overcloud', '-t', 'qcow2', '-p', 'a,b', '--min-tmpfs=7'];
    const request = requestOf([...argv, '--mkfs-options', '-s size=4096', '-n', 'centos', 'vm'], {
      environment: { COMPRESS_IMAGE: '1', FS_TYPE: 'xfs', DIB_BLOCK_DEVICE: 'efi' },
    });
    expect(request).toMatchObject({
      packages: ['a', 'b'],
      withBase: false,
      disk: { mkfsOptions: ['-s', 'size=4096'], fileSystemType: 'xfs' },
      output: { compress: true },
      store: { minTmpfs: 7 * GIB },
    });
    expect(request.environment).toMatchObject({
      SKIP_BASE: '1',
      DIB_MIN_TMPFS: '7',
      DIB_BLOCK_DEVICE: 'efi',
    });
  });

  test('bifrost', () => {
    const argv =
      '-x -u --no-tmpfs --offline -n -a amd64 -o /d/deploy.qcow2 -t qcow2 --image-size 4 --image-cache /c ' +
      '--max-online-resize 1000 --min-tmpfs 2 --qemu-img-options compat=0.10 --root-label root --ramdisk-element ramdisk ' +
      '-p vim,less vm debian-minimal';
    expect(requestOf(argv.split(' '))).toMatchObject({
      imageName: '/d/deploy',
      packages: ['vim', 'less'],
      disk: { maxOnlineResize: 1000, rootLabel: 'root' },
      output: { compress: false },
      store: { offline: true },
    });
  });

  test('manila: -offline is -o ffline, and the last -o wins', () => {
    const argv = '-t qcow2 -a amd64 -offline -x -u -o manila ubuntu-nfs vm';
    expect(requestOf(argv.split(' '))).toMatchObject({ imageName: 'manila', store: { offline: false } });
  });

  test('sahara: options after the elements', () => {
    const request = requestOf(['base', 'vm', 'hadoop', 'ubuntu', '-o', 'name']);
    expect(request).toMatchObject({ elements: ['base', 'vm', 'hadoop', 'ubuntu'], imageName: 'name' });
  });

  test('capo: sizes by variable', () => {
    const request = requestOf(['-t', 'qcow2,raw', '-o', 'k', 'vm', 'debian-minimal'], {
      environment: { DIB_MIN_TMPFS: '4', DIB_IMAGE_SIZE: '3' },
    });
    expect(request).toMatchObject({ disk: { size: 3 * GIB }, store: { minTmpfs: 4 * GIB } });
  });
});

describe('the name of the image', () => {
  test.each([
    { argv: ['-o', 'out.qcow2'], name: 'out' },
    { argv: ['-o', 'd.raw/out.qcow2', '-t', 'qcow2,qcow2'], name: 'd.raw/out' },
    { argv: ['-o', 'out.tar.zst', '-t', 'tar.zst'], name: 'out' },
    { argv: ['-o', 'out.squash', '-t', 'squashfs'], name: 'out' },
    { argv: ['-o', 'out.squashfs', '-t', 'squashfs'], name: 'out' },
    { argv: ['-o', 'out.qcow2', '-t', 'raw'], name: 'out.qcow2' },
    { argv: ['-o', 'out.qcow2', '-t', 'qcow2,raw'], name: 'out.qcow2' },
    { argv: ['-o', 'a', '-o', 'b'], name: 'b' },
  ])('$argv', ({ argv, name }) => {
    expect(requestOf([...argv, 'vm']).imageName).toBe(name);
  });

  test.each(['out/', '.qcow2', 'out/.qcow2'])('%s is none', (name) => {
    expect(problemsOf(['-o', name, 'vm'])).toEqual([`-o: ${name} does not name a file`]);
  });
});

describe('variables', () => {
  test('an option wins over its variable', () => {
    const request = requestOf(['--image-size', '2', '-o', 'a', 'vm'], {
      environment: { DIB_IMAGE_SIZE: '9', IMAGE_NAME: 'b', DIB_CHECKSUM: 'md5' },
    });
    expect(request).toMatchObject({
      disk: { size: 2 * GIB },
      imageName: 'a',
      output: { checksums: ['md5'] },
    });
    expect(request.environment).toMatchObject({ DIB_IMAGE_SIZE: '2', DIB_CHECKSUM: 'md5' });
  });

  test('an empty one counts as not set, but for COMPRESS_IMAGE', () => {
    const request = requestOf(['vm'], {
      environment: { IMAGE_NAME: '', DIB_IMAGE_SIZE: '', COMPRESS_IMAGE: '' },
    });
    expect(request).toMatchObject({ imageName: 'image', disk: { size: null }, output: { compress: false } });
  });

  test('lists and counts add up', () => {
    const request = requestOf(['-xx', '-p', 'b,c', '-p', 'd', 'vm'], {
      environment: { DIB_DEBUG_TRACE: '1', INSTALL_PACKAGES: 'a', IMAGE_ELEMENT: 'first second' },
    });
    expect(request).toMatchObject({
      debug: { trace: 3 },
      packages: ['a', 'b', 'c', 'd'],
      elements: ['first', 'second', 'vm'],
    });
  });

  test('ELEMENTS_PATH comes before the built-in elements', () => {
    const request = requestOf(['vm'], { environment: { ELEMENTS_PATH: 'mine::/opt/e:mine' } });
    expect(request.elementsPath).toEqual(['/work/here/mine', '/opt/e', '/usr/share/elements']);
  });

  test('TMPDIR comes before TMP_DIR', () => {
    expect(requestOf(['vm'], { environment: { TMP_DIR: '/b' } }).temporaryDirectory).toBe('/b');
    expect(requestOf(['vm'], { environment: { TMP_DIR: '/b', TMPDIR: 'a' } }).temporaryDirectory).toBe(
      '/work/here/a',
    );
  });

  test('what only steers this program does not reach hooks', () => {
    const environment = {
      DIB_NO_CACHE: '1',
      DIB_PROGRESS: 'json',
      DIB_ISOLATION: 'root',
      break: 'after-error',
      DIB_X: 'kept',
    };
    const { request } = understand(['--no-cache', 'vm'], { environment });
    expect(Object.keys(request.environment).sort()).toEqual([
      ...[
        'DIB_ARGS',
        'DIB_CHECKSUM',
        'DIB_DEFAULT_INSTALLTYPE',
        'DIB_ENV',
        'DIB_LOCKFILES',
        'DIB_MIN_TMPFS',
        'DIB_X',
      ],
      ...['HOME', 'PATH'],
    ]);
    expect(request).toMatchObject({ store: { reuse: false }, debug: { breakpoints: ['after-error'] } });
  });

  test('manifests get the DIB_ variables as bash declares them, less secrets', () => {
    const environment = { DIB_B: 'a "b" $c', DIB_A: '1', DIB_PASSWORD: 'sesame', OTHER: 'x' };
    expect(requestOf(['vm'], { environment }).environment['DIB_ENV']).toBe(
      'declare -x DIB_A="1"\ndeclare -x DIB_B="a \\"b\\" \\$c"\ndeclare -x DIB_PASSWORD="***"',
    );
  });
});

describe('-c', () => {
  test('leaves what says who and where you are, and what options set', () => {
    const request = requestOf(['-c', '--image-size', '2', 'vm'], {
      environment: { DIB_OFFLINE: '1', ELEMENTS_PATH: '/e', LANG: 'C.UTF-8', LC_CTYPE: 'C', http_proxy: 'p' },
    });
    expect(request).toMatchObject({ store: { offline: false }, elementsPath: ['/usr/share/elements'] });
    expect(request.environment).toEqual({
      HOME: '/home/ada',
      PATH: '/usr/bin',
      LANG: 'C.UTF-8',
      LC_CTYPE: 'C',
      DIB_ARGS: '-c --image-size 2 vm',
      DIB_CHECKSUM: '0',
      DIB_DEFAULT_INSTALLTYPE: 'source',
      DIB_ENV: '',
      DIB_IMAGE_SIZE: '2',
      DIB_LOCKFILES: '/home/ada/.cache/dib/lockfiles',
      DIB_MIN_TMPFS: '2',
    });
  });

  test('leaves files of variables alone', () => {
    const request = requestOf(['-c', '--env-file', 'x.env', 'vm'], {
      environment: { DIB_RELEASE: 'sid' },
      files: { '/work/here/x.env': 'DIB_RELEASE=trixie\n' },
    });
    expect(request.environment).toMatchObject({ DIB_RELEASE: 'trixie' });
  });
});

describe('--env-file', () => {
  const files = {
    '/work/here/a.env': '# comment\nDIB_IMAGE_SIZE=3\nexport DIB_RELEASE="sid"\nDIB_A=a',
    '/b.env': "DIB_A='b c'\nIMAGE_NAME=fromfile\n",
  };

  test('sets what is not set, later files first', () => {
    const request = requestOf(['--env-file=a.env', '--env-file', '/b.env', 'vm'], {
      files,
      environment: { DIB_RELEASE: 'bookworm' },
    });
    expect(request).toMatchObject({ disk: { size: 3 * GIB }, imageName: 'fromfile' });
    expect(request.environment).toMatchObject({ DIB_RELEASE: 'bookworm', DIB_A: 'b c' });
  });

  test('can be given by variable', () => {
    expect(requestOf(['vm'], { files, environment: { DIB_ENV_FILE: '/b.env' } }).imageName).toBe('fromfile');
  });

  test('that is missing', () => {
    expect(problemsOf(['--env-file', 'c.env', 'vm'])).toEqual([
      '--env-file: cannot read /work/here/c.env: there is no such file',
    ]);
  });
});

describe('DIB_BLOCK_DEVICE_CONFIG', () => {
  test('holds YAML', () => {
    const environment = { DIB_BLOCK_DEVICE_CONFIG: '- local_loop:\n    name: image0\n' };
    expect(requestOf(['vm'], { environment }).disk.config).toEqual({
      text: '- local_loop:\n    name: image0\n',
      origin: 'DIB_BLOCK_DEVICE_CONFIG',
    });
  });

  test('or names a file', () => {
    const environment = { DIB_BLOCK_DEVICE_CONFIG: 'file:///etc/disk.yaml' };
    const files = { '/etc/disk.yaml': '[]' };
    expect(requestOf(['vm'], { environment, files }).disk.config).toEqual({
      text: '[]',
      origin: '/etc/disk.yaml',
    });
    expect(problemsOf(['vm'], { environment })).toEqual([
      'DIB_BLOCK_DEVICE_CONFIG: cannot read /etc/disk.yaml: there is no such file',
    ]);
  });
});

describe('problems', () => {
  test('are told all at once, each with the name of what is wrong', () => {
    const { problems } = understand(
      [
        '--image-size',
        'big',
        '--bogus',
        '-t',
        'qcow,raw',
        '--checksum=md6',
        '--env-file=nowhere',
        '--isolation=rot',
      ],
      { environment: { DIB_JOURNAL_SIZE: 'much', DIB_OFFLINE: 'perhaps', break: 'before-lunch' } },
    );
    expect(problems).toEqual([
      { message: 'unknown option --bogus', hints: ['--help lists every option'] },
      { message: '--env-file: cannot read /work/here/nowhere: there is no such file' },
      {
        message: '--image-size: "big" is not a size in GB',
        hints: ['give a number of GB above 0, as in 3 or 2.5'],
      },
      {
        message: 'DIB_JOURNAL_SIZE: "much" is not a size in MB',
        hints: ['give a whole number of MB, as in 64'],
      },
      {
        message: '--checksum: "md6" is no kind of checksum',
        hints: ['did you mean md5?', 'give md5, sha256, or 1 for both'],
      },
      { message: 'DIB_OFFLINE: "perhaps" is neither yes nor no', hints: ['give 1 or 0'] },
      {
        message: '--isolation: "rot" is not one of auto, root, user-namespace, sudo',
        hints: ['did you mean root?'],
      },
      {
        message: 'break: "before-lunch" is no point of a build',
        hints: ['give before-PHASE, after-PHASE or after-error, with commas between'],
      },
      {
        message: 'unknown output type qcow',
        hints: ['did you mean qcow2?', `the types are ${Object.keys(outputFormats).join(', ')}`],
      },
    ]);
  });

  test('do not keep the rest from being understood', () => {
    const { request } = understand(['--image-size', 'big', '-t', 'nonsense,raw', 'vm', '-o', 'x']);
    expect(request).toMatchObject({
      disk: { size: null },
      outputTypes: ['raw'],
      elements: ['vm'],
      imageName: 'x',
    });
  });

  test('a bad value that a later one replaces is none', () => {
    expect(requestOf(['--image-size=big', '--image-size=1', 'vm']).disk.size).toBe(GIB);
  });
});
