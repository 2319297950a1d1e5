// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone, failureIn, printedBy, stepsOf, textsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace, CreateOptions } from '../support/build-place.ts';
import { listCpio, unpackCpio } from '../support/cpio-archive.ts';
import { fruit, orchard, orchardVersion, writeKernel, writeOrchard } from '../support/orchard.ts';
import { succeed } from '../support/ordinary-user.ts';
import { requires } from '../support/requires.ts';

requires({ programs: ['busybox', 'cpio', 'depmod', 'gzip', 'lz4', 'modinfo', 'modprobe', 'xz', 'zstd'] });

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

type Environment = Readonly<Record<string, string>>;

const start = (
  place: BuildPlace,
  argv: readonly string[],
  options: CreateOptions = {},
): Promise<BuildOutcome> => place.create(argv, { ...options, program: 'ramdisk-image-create' });

/** Makes `x.initramfs` and `x.kernel` anew. */
const create = (place: BuildPlace, environment: Environment = {}): Promise<BuildOutcome> =>
  start(place, ['-o', 'x', 'fruit'], { environment: { OVERWRITE_OLD_IMAGE: '1', ...environment } });

const bytesOf = ({ out }: BuildPlace, name: string): Buffer => readFileSync(join(out, name));

/** @param argv What writes the unpacked archive. */
function unpacked(
  place: BuildPlace,
  name = 'x.initramfs',
  [program, ...words]: readonly [string, ...string[]] = ['gzip', '-dc'],
): Buffer {
  const { status, stdout, stderr, error } = spawnSync(program, words, {
    input: bytesOf(place, name),
    maxBuffer: Infinity,
  });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.toString()}`);
  return stdout;
}

const digest = (bytes: Buffer): string => createHash('sha256').update(bytes).digest('hex');

/** What was made and what was there already, by format. */
const outputsOf = ({ events }: BuildOutcome): Readonly<Record<string, string>> =>
  Object.fromEntries(
    events.flatMap((event) =>
      event.kind === 'output-made' ? [[event.format, event.isReused ? 'reused' : 'made'] as const] : [],
    ),
  );

/** What is said of the parts of the RAM disk. */
const sizesIn = (outcome: BuildOutcome): string | undefined =>
  textsOf(outcome, 'note').find((text) => text.includes(' holds '));

/** A program of the unpacked RAM disk. */
function runInside(directory: string, ...argv: readonly string[]): string {
  const { stdout, stderr } = spawnSync('chroot', [directory, ...argv], { encoding: 'utf8' });
  return stdout + stderr;
}

describe('the RAM disk of an element', () => {
  const place = useBuildPlace('root');

  test('holds what it asks for, with what that needs, and no more', async () => {
    writeOrchard(place());
    const outcome = expectDone(await create(place()));
    expect(readdirSync(place().out).sort()).toEqual(['x.initramfs', 'x.kernel']);
    expect(bytesOf(place(), 'x.kernel').toString()).toBe('kernel 1.2.3\n');
    const members = listCpio(unpacked(place()));
    const applets = [...members].filter(([, { target }]) => target === '/usr/bin/busybox');
    const others = [...members].filter(([, { target }]) => target !== '/usr/bin/busybox');
    expect(others.map(([path]) => path).filter((path) => !isOfHost(path))).toEqual(contents);
    expect(applets.map(([path]) => path)).toEqual(
      expect.arrayContaining(['usr/bin/vi', 'usr/sbin/modprobe']),
    );
    expect([...members.keys()]).toEqual([...members.keys()].sort());
    expect(new Set([...members.values()].map(({ owner }) => owner))).toEqual(new Set(['0:0']));
    expect(members.get('dev/console')).toEqual({
      mode: 'crw-------',
      owner: '0:0',
      size: '5, 1',
      target: null,
    });
    expect(textsOf(outcome, 'warning')).toEqual([]);
    expect(sizesIn(outcome)).toMatch(
      /^x\.initramfs holds .*, kernel modules \d+\.\d MB in 5 files, firmware 0\.0 MB in 1 file, .* packed \d\.\d MB$/,
    );
  });

  test('works when it is unpacked', async () => {
    writeOrchard(place());
    expectDone(await create(place()));
    const directory = join(place().directory, 'unpacked');
    unpackCpio(unpacked(place()), directory);
    expect(runInside(directory, '/usr/bin/harvest')).toBe('ripe\n');
    expect(runInside(directory, '/usr/bin/stat', '-c', '%F', '/bin')).toBe('symbolic link\n');
    expect(runInside(directory, '/bin/sh', '-c', 'echo a | sed s/a/b/; vi --help 2>&1 | head -n 1')).toMatch(
      /^b\nBusyBox /,
    );
    const { stdout } = spawnSync(
      'modprobe',
      ['-d', directory, '-S', orchardVersion, '--show-depends', 'pear'],
      {
        encoding: 'utf8',
      },
    );
    const modules = `${directory}/lib/modules/1.2.3/kernel`;
    expect(
      stdout
        .trimEnd()
        .split('\n')
        .map((line) => line.trim()),
    ).toEqual([`insmod ${modules}/lib/stalk.ko`, `insmod ${modules}/drivers/net/ethernet/pear.ko`]);
    const init = readFileSync(join(directory, 'init'), 'utf8');
    expect(init.split('\n')[0]).toBe('#!/bin/sh');
    expect(init.match(/^(echo .*|# init fragment.*)$/gm)).toEqual([
      '# init fragment 10-first from fruit',
      'echo first',
      '# init fragment 20-second from fruit',
      'echo second',
      '# init fragment init from fruit',
      'echo flat',
    ]);
    expect(spawnSync('sh', ['-n', join(directory, 'init')]).status).toBe(0);
    expect(readFileSync(join(directory, 'etc/passwd'), 'utf8')).toBe('root:x:0:0:root:/root:/bin/bash\n');
    expect(readFileSync(join(directory, 'lib/udev/rules.d/70-fruit.rules'), 'utf8')).toBe('# of udev.d\n');
  });

  test('has the name that is given with an extension', async () => {
    writeOrchard(place());
    expectDone(await start(place(), ['-o', 'plain', 'fruit']));
    expectDone(await start(place(), ['-o', 'x.ramdisk', 'fruit']));
    expect(readdirSync(place().out).sort()).toEqual([
      'plain.initramfs',
      'plain.kernel',
      'x.kernel',
      'x.ramdisk',
    ]);
    expect(digest(bytesOf(place(), 'x.ramdisk'))).toBe(digest(bytesOf(place(), 'plain.initramfs')));
  });
});

/** Libraries that programs of this machine need, and what its depmod writes besides modules.dep, are others elsewhere. */
const isOfHost = (path: string): boolean =>
  (/^usr\/lib(64)?\/([^/]*-linux-gnu[^/]*(\/|$)|.*\.so\.\d+$)/.test(path) && !/orchard|press/.test(path)) ||
  /\/modules\.(?!(dep|order|builtin|builtin\.modinfo)$)/.test(path);

const contents = [
  'bin',
  'dev',
  'dev/console',
  'dev/null',
  'etc',
  'etc/group',
  'etc/mtab',
  'etc/os-release',
  'etc/passwd',
  'etc/udhcpc',
  'etc/udhcpc/default.script',
  'init',
  'init-func',
  'init-lib',
  'init-lib/devices',
  'init-lib/disks',
  'init-lib/fragments',
  'init-lib/network',
  'init-lib/parameters',
  'init-lib/system',
  'lib',
  'lib64',
  'mnt',
  'proc',
  'root',
  'run',
  'sbin',
  'sys',
  'tmp',
  'usr',
  'usr/bin',
  ...['awk', 'bash', 'busybox', 'harvest', 'press', 'sed', 'sh', 'stat', 'wc'].map(
    (name) => `usr/bin/${name}`,
  ),
  'usr/lib',
  'usr/lib/firmware',
  'usr/lib/firmware/orchard',
  'usr/lib/firmware/orchard/pear.bin',
  'usr/lib/ld-orchard.so.1',
  'usr/lib/modules',
  'usr/lib/modules/1.2.3',
  'usr/lib/modules/1.2.3/kernel',
  'usr/lib/modules/1.2.3/kernel/drivers',
  'usr/lib/modules/1.2.3/kernel/drivers/net',
  'usr/lib/modules/1.2.3/kernel/drivers/net/ethernet',
  'usr/lib/modules/1.2.3/kernel/drivers/net/ethernet/pear.ko',
  'usr/lib/modules/1.2.3/kernel/lib',
  'usr/lib/modules/1.2.3/kernel/lib/stalk.ko',
  ...['builtin', 'builtin.modinfo', 'dep', 'order'].map((name) => `usr/lib/modules/1.2.3/modules.${name}`),
  'usr/lib/press',
  'usr/lib/press/libjuice.so.1',
  'usr/lib/udev',
  'usr/lib/udev/rules.d',
  'usr/lib/udev/rules.d/70-fruit.rules',
  'usr/lib/udev/rules.d/71-flat.rules',
  'usr/lib/udev/rules.d/80-drivers.rules',
  'usr/lib64',
  'usr/sbin',
  'usr/share',
  'var',
  'var/lib',
  'var/log',
  'var/run',
  'var/tmp',
];

describe('kernel and RAM disk', () => {
  const asRoot = useBuildPlace('root');
  const asUser = useBuildPlace('an ordinary user');

  test('are the same whoever builds, whenever, wherever and with whatever umask', async () => {
    const again = ['--no-cache', '-o', 'again', 'fruit'];
    for (const place of [asRoot(), asUser()]) {
      writeOrchard(place);
      expectDone(await create(place));
    }
    const mask = process.umask(0o077);
    try {
      expectDone(await start(asRoot(), again));
    } finally {
      process.umask(mask);
    }
    const made = [
      [asRoot(), 'x'],
      [asRoot(), 'again'],
      [asUser(), 'x'],
    ] as const;
    for (const extension of ['initramfs', 'kernel']) {
      const digests = made.map(([place, name]) => digest(bytesOf(place, `${name}.${extension}`)));
      expect(new Set(digests).size, extension).toBe(1);
    }
    expectDone(await create(asRoot(), { SOURCE_DATE_EPOCH: '86400' }));
    expect(digest(bytesOf(asRoot(), 'x.initramfs'))).not.toBe(digest(bytesOf(asUser(), 'x.initramfs')));
    expect(spawnSync('cpio', ['-itv', '--quiet'], { input: unpacked(asRoot()) }).stdout.toString()).toMatch(
      / Jan {1,2}2 +1970 init$/m,
    );
  });
});

describe('a RAM disk that is made again', () => {
  const place = useBuildPlace('root');

  test('is taken from the store unless what it is made of has changed, and no hook of the tree runs', async () => {
    writeOrchard(place());
    expectDone(await create(place()));
    expect(outputsOf(expectDone(await create(place())))).toEqual({ initramfs: 'reused', kernel: 'reused' });
    for (const { what, element = 'fruit', files = {}, environment = {} } of changes) {
      place().element(element, files);
      const outcome = expectDone(await create(place(), environment));
      expect(outputsOf(outcome), what).toEqual({ initramfs: 'made', kernel: 'reused' });
      expect(
        stepsOf(outcome).filter((step) => !step.startsWith('reused ')),
        what,
      ).toEqual([]);
      place().element('fruit', fruit);
      place().element('orchard', orchard);
    }
    expect(outputsOf(expectDone(await create(place())))).toEqual({ initramfs: 'reused', kernel: 'reused' });
  });
});

type Change = {
  readonly what: string;
  /** Left out: fruit. */
  readonly element?: 'orchard';
  readonly files?: Readonly<Record<string, string>>;
  readonly environment?: Environment;
};

const changes: readonly Change[] = [
  { what: 'a fragment of /init', files: { 'init.d/10-first': 'echo first of all\n' } },
  { what: 'the flat fragment', files: { init: 'echo level\n' } },
  { what: 'a program', files: { 'binary-deps.d/fruit': 'press harvest stat tail\n' } },
  { what: 'a flat list of programs', files: { 'binary-deps': 'sed tail\n' } },
  { what: 'that of another element', element: 'orchard', files: { 'binary-deps': 'wc tail\n' } },
  { what: 'a rule of udev', files: { 'udev/71-flat.rules': '# flat\n' } },
  { what: 'modules', environment: { DIB_RAMDISK_MODULES: 'ahci' } },
  { what: 'how it is compressed', environment: { DIB_RAMDISK_COMPRESSION: 'gzip:1' } },
];

describe('packing', () => {
  const place = useBuildPlace('root');

  test('by any compressor unpacks to what is not compressed otherwise', async () => {
    writeOrchard(place());
    expectDone(await create(place(), { DIB_RAMDISK_COMPRESSION: 'none' }));
    const plain = bytesOf(place(), 'x.initramfs');
    expect(plain.subarray(0, 6).toString()).toBe('070701');
    for (const { compression, magic, tool } of compressions) {
      expectDone(await create(place(), { DIB_RAMDISK_COMPRESSION: compression }));
      expect(bytesOf(place(), 'x.initramfs').toString('hex', 0, magic.length / 2), compression).toBe(magic);
      expect(digest(unpacked(place(), 'x.initramfs', tool)), compression).toBe(digest(plain));
    }
  });

  test('puts microcode in front, as the kernel wants it', async () => {
    writeOrchard(place());
    expectDone(await create(place()));
    const without = bytesOf(place(), 'x.initramfs');
    place().element('orchard', {
      'static/usr/lib/firmware/amd-ucode/microcode_amd.bin': 'one\n',
      'static/usr/lib/firmware/amd-ucode/microcode_amd_fam15h.bin': 'two\n',
    });
    const outcome = expectDone(await create(place()));
    const all = bytesOf(place(), 'x.initramfs');
    const front = all.subarray(0, all.length - without.length);
    expect([...listCpio(front).keys()].at(-1)).toBe('kernel/x86/microcode/AuthenticAMD.bin');
    expect(front.includes('one\ntwo\n')).toBe(true);
    expect(digest(all.subarray(front.length))).toBe(digest(without));
    expect(sizesIn(outcome)).toMatch(/, microcode 0\.0 MB in front$/);
  });
});

/** Each with the bytes that kernels know it by. */
const compressions = [
  { compression: 'gzip', magic: '1f8b', tool: ['gzip', '-dc'] },
  { compression: 'zstd:3', magic: '28b52ffd', tool: ['zstd', '-dc'] },
  { compression: 'xz:1', magic: 'fd377a585a00', tool: ['xz', '-dc'] },
  { compression: 'lz4', magic: '02214c18', tool: ['lz4', '-dc'] },
] as const;

const checkHook = bash(`
echo "\${PWD} \${TMP_MOUNT_PATH} \${TMP_HOOKS_PATH}"
cd "$TMP_MOUNT_PATH"
cat lib/udev/rules.d/70-fruit.rules
ls init usr/bin/press usr/lib/modules/1.2.3/kernel/lib "$TMP_HOOKS_PATH/static/etc"
echo added >etc/added
rm usr/bin/harvest
echo spilt >/etc/spilt
`);

describeForEveryone('hooks of ramdisk-install.d', (place) => {
  test('see the RAM disk before it is packed and change it, and leave the tree alone', async () => {
    writeOrchard(place());
    place().element('fruit', { 'ramdisk-install.d/50-check': checkHook });
    const environment = {
      break: 'before-ramdisk-install.d,after-ramdisk-install.d',
      break_cmd: 'echo "> $(ls "$TMP_MOUNT_PATH/etc/added" 2>&1)"',
    };
    const outcome = expectDone(await start(place(), ['-t', 'tar', '-o', 'x', 'fruit'], { environment }));
    expect(printedBy(outcome, 'ramdisk-install.d/50-check')).toEqual([
      '/ /tmp/ramdisk /tmp/in_target.d',
      '# of udev.d',
      'init',
      'usr/bin/press',
      '',
      '/tmp/in_target.d/static/etc:',
      'os-release',
      '',
      'usr/lib/modules/1.2.3/kernel/lib:',
      'stalk.ko',
    ]);
    expect(
      outcome.events.flatMap((event) =>
        event.kind === 'output' && event.text.startsWith('> ') ? [event.text] : [],
      ),
    ).toEqual([
      "> ls: cannot access '/tmp/ramdisk/etc/added': No such file or directory",
      '> /tmp/ramdisk/etc/added',
    ]);
    const members = listCpio(unpacked(place()));
    expect(members.has('etc/added')).toBe(true);
    expect(members.has('usr/bin/harvest')).toBe(false);
    const { stdout } = spawnSync('tar', ['-tf', join(place().out, 'x.tar')], { encoding: 'utf8' });
    expect(stdout).toContain('./usr/bin/harvest\n');
    expect(stdout).not.toMatch(/added|spilt|in_target|tmp\/./);
  });

  test('that fail are named with element and phase, and nothing is made', async () => {
    writeOrchard(place());
    place().element('fruit', { 'ramdisk-install.d/50-fail': bash('echo rotten; exit 7') });
    const failed = await create(place());
    expect(failed.status).toBe(1);
    expect(failureIn(failed)).toEqual({
      kind: 'hook-failed',
      element: 'fruit',
      phase: 'ramdisk-install.d',
      script: '50-fail',
      exitStatus: 7,
      lastLines: ['rotten'],
    });
    expect(readdirSync(place().out)).toEqual([]);
  });
});

/** The messages of what is wrong with the tree. */
function problemsIn(outcome: BuildOutcome): readonly string[] {
  const failure = failureIn(outcome);
  if (failure?.kind !== 'input-invalid') throw new Error(JSON.stringify(failure ?? outcome.said));
  return failure.problems.flatMap(({ message, hints = [] }) => [message, ...hints]);
}

describe('mistakes', () => {
  const place = useBuildPlace('root');

  test('missing programs of several elements are named at once, with packages where the tree knows them', async () => {
    writeOrchard(place());
    place().element('fruit', { 'binary-deps.d/fruit': 'press shears\n' });
    place().element('cart', { 'binary-deps': 'wheel sed shears\n' });
    const words = ['-o', 'x', 'fruit', 'cart'];
    const ignorant = await start(place(), words);
    expect(ignorant.status).toBe(2);
    const [message, ...hints] = problemsIn(ignorant);
    expect(message).toBe('2 programs that the RAM disk needs are not there: shears, wheel');
    expect(hints.slice(0, 2)).toEqual([
      'shears, wanted by cart, fruit, is in no package that is known here',
      'wheel, wanted by cart, is in no package that is known here',
    ]);
    place().element('orchard', {
      'install.d/50-knows': bash(
        `mkdir -p /usr/local/bin\ncat >/usr/local/bin/packages-with-program <<'END'\n#!/bin/bash\n[ ! -e /etc/spilt ]\ntouch /etc/spilt\necho "$1 garden-tools"\necho "$2 wood iron"\nEND\nchmod 755 /usr/local/bin/packages-with-program`,
      ),
    });
    expect(problemsIn(await start(place(), words)).slice(1, 3)).toEqual([
      'shears, wanted by cart, fruit, is in the package garden-tools',
      'wheel, wanted by cart, is in the packages wood, iron',
    ]);
    expect(readdirSync(place().out)).toEqual([]);
  });

  test('of kernels and modules are found in the tree', async () => {
    writeOrchard(place());
    const unknown = await create(place(), { DIB_RAMDISK_MODULES: 'pearl' });
    expect(unknown.status).toBe(2);
    expect(problemsIn(unknown).slice(0, 2)).toEqual([
      'the kernel has no modules pearl (wanted by DIB_RAMDISK_MODULES)',
      'pearl: did you mean pear?',
    ]);
    const other = await start(place(), ['-k', '9.9', '-o', 'x', 'fruit']);
    expect(problemsIn(other)).toEqual([
      'there is no kernel 9.9 in the tree',
      expect.stringMatching(/^looked for vmlinuz-9\.9, /),
      'there are: 1.2.3',
      'install the package of that kernel in an element, or name another: -k VERSION (DIB_KERNEL_VERSION)',
    ]);
    const none = await start(place(), ['-o', 'x', 'tiny-os']);
    expect(problemsIn(none)[0]).toBe('there is no kernel in the tree');
    expect(readdirSync(place().out)).toEqual([]);
  });

  test('in fragments of /init are found before the build', async () => {
    writeOrchard(place());
    place().element('fruit', { 'init.d/10-first': 'echo one\nif true; then\n  echo two\ndone\n' });
    const { status, events, said } = await create(place());
    expect(status).toBe(2);
    expect(events).toEqual([]);
    expect(said.map(place().portable)).toEqual([
      expect.stringMatching(
        /^\{place\}\/elements\/fruit\/init\.d\/10-first:4: init\.d\/10-first of element `fruit` cannot be read by a shell: /,
      ),
      '  4 | done',
      '  it becomes part of /init in the RAM disk: mend it, or leave the element out',
    ]);
    place().element('fruit', { 'init.d/10-first': 'words=(one two)\necho "${words[1]}"\n' });
    expectDone(await create(place()));
    const directory = join(place().directory, 'unpacked');
    unpackCpio(unpacked(place()), directory);
    expect(readFileSync(join(directory, 'init'), 'utf8').split('\n')[0]).toBe('#!/bin/bash');
  });
});

describeForEveryone('--from-host', (place) => {
  test('packs programs of this machine with the kernel of a directory; no tree is built', async () => {
    writeOrchard(place());
    const directory = join(place().directory, 'kernel');
    writeKernel(directory);
    succeed('depmod', ['-b', directory, orchardVersion]);
    writeFileSync(join(place().directory, 'home/pick'), '#!/bin/cat\nripe\n', { mode: 0o755 });
    const spilt = `/var/tmp/${basename(place().directory)}-spilt`;
    place().element('fruit', {
      'binary-deps.d/fruit': 'stat pick\n',
      'ramdisk-install.d/50-change': bash(
        `echo "$TMP_MOUNT_PATH"\ntouch "$TMP_MOUNT_PATH/added" /tmp/spilt\ntouch ${spilt} || echo "not for everybody"`,
      ),
    });
    const environment = { PATH: `${join(place().directory, 'home')}:${place().path}` };
    const words = ['--from-host', '-m', directory, '-o', 'x', 'fruit'];
    const outcome = expectDone(await start(place(), words, { environment }));
    expect(stepsOf(outcome)).toEqual(['ran ramdisk-install.d/50-change']);
    const [first, ...rest] = printedBy(outcome, 'ramdisk-install.d/50-change');
    expect(first).toBe('/tmp/ramdisk');
    expect(rest.slice(1)).toEqual(place().person.uid === 0 ? [] : ['not for everybody']);
    expect([spilt, '/tmp/ramdisk', '/tmp/spilt'].filter((path) => existsSync(path))).toEqual([]);
    expect(readdirSync(place().out).sort()).toEqual(['x.initramfs', 'x.kernel']);
    expect(bytesOf(place(), 'x.kernel').toString()).toBe('kernel 1.2.3\n');
    const unpackedTo = join(place().directory, 'unpacked');
    unpackCpio(unpacked(place()), unpackedTo);
    for (const path of [
      ...['added', 'init', 'usr/bin/stat', 'usr/bin/busybox'],
      join(place().directory, 'home/pick'),
      'lib/modules/1.2.3/modules.dep',
      'lib/modules/1.2.3/kernel/drivers/net/ethernet/pear.ko',
      'lib/modules/1.2.3/kernel/lib/stalk.ko',
      'lib/firmware/orchard/pear.bin',
    ])
      expect(existsSync(join(unpackedTo, path)), path).toBe(true);
    expect(existsSync(join(unpackedTo, 'lib/modules/1.2.3/kernel/sound/worm.ko'))).toBe(false);
    const again = await start(place(), words, { environment });
    expect(outputsOf(expectDone(again))).toEqual({ initramfs: 'made', kernel: 'made' });
  });

  test('names what is missing on this machine', async () => {
    writeOrchard(place());
    const directory = join(place().directory, 'kernel');
    writeKernel(directory);
    place().element('fruit', { 'binary-deps.d/fruit': 'shears-of-nobody\n' });
    const outcome = await start(place(), ['--from-host', '-m', directory, '-o', 'x', 'fruit']);
    expect(outcome.status).toBe(2);
    expect(problemsIn(outcome).slice(0, 2)).toEqual([
      'a program that the RAM disk needs is not there: shears-of-nobody',
      'shears-of-nobody, wanted by fruit, is in no package that is known here',
    ]);
  });
});

describe('--from-host by an ordinary user', () => {
  const place = useBuildPlace('an ordinary user');
  requires({ root: true });

  test('names what only root may read', async () => {
    writeOrchard(place());
    const directory = join(place().directory, 'kernel');
    writeKernel(directory);
    succeed('depmod', ['-b', directory, orchardVersion]);
    place().element('fruit', { 'binary-deps.d/fruit': 'stat\n' });
    for (const path of ['lib/firmware/orchard/pear.bin', 'boot/vmlinuz-1.2.3']) {
      chmodSync(join(directory, path), 0o600);
      const outcome = await start(place(), ['--from-host', '-m', directory, '-o', 'x', 'fruit']);
      expect(outcome.status).toBe(2);
      expect(problemsIn(outcome)).toEqual([
        `only root may read ${directory}/${path}`,
        'build as root (or with --isolation sudo), or let everybody read it: chmod a+r',
      ]);
      expect(readdirSync(place().out)).toEqual([]);
    }
  });
});

describe('an image of a list', () => {
  const place = useBuildPlace('root');

  test('is kernel and RAM disk with `ramdisk: true`', async () => {
    writeOrchard(place());
    const list = join(place().directory, 'list.yaml');
    writeFileSync(list, '- imagename: x\n  ramdisk: true\n  skip-base: true\n  elements: [fruit]\n');
    const outcome = await place().create(['build', '--progress=json', list], {
      program: 'diskimage-builder',
    });
    expectDone(outcome);
    expect(outputsOf(outcome)).toEqual({ initramfs: 'made', kernel: 'made' });
    expect(readdirSync(place().out).sort()).toEqual(['x.initramfs', 'x.kernel']);
    expect(listCpio(unpacked(place())).has('usr/bin/press')).toBe(true);
  });
});
