// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { beforeEach, describe, expect, test } from 'vitest';
import type { Host } from '../../lib/host/host.ts';
import { realHost } from '../../lib/host/real-host.ts';
import { bytes, hostPath, MiB } from '../../lib/model/brands.ts';
import type { SizedPartition } from '../../lib/model/layout.ts';
import { attachDisk } from '../../lib/worker/devices/attach-disk.ts';
import { wholeImage } from '../../lib/worker/disk/raw-image.ts';
import { withScope } from '../../lib/worker/scope.ts';
import { expectDone, failureIn, printedBy, stepsOf, textsOf } from '../support/build-events.ts';
import type { BuildOutcome } from '../support/build-place.ts';
import { useBuildPlace } from '../support/build-place.ts';
import { leaksAfter, leaksOf, noLeaks } from '../support/leaks.ts';
import { succeed } from '../support/ordinary-user.ts';
import { answerOf, extReader, partitionsOf } from '../support/read-disk.ts';
import type { Partition } from '../support/read-disk.ts';
import { requires } from '../support/requires.ts';
import { expectSoundExt, expectSoundGpt, expectSoundMbr, expectSoundVfat } from '../support/sound-disk.ts';
import { workerRig } from '../support/worker-rig.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

/** Prints what a hook is told; where it may be any number, `N`. */
const tell = `
echo "device $IMAGE_BLOCK_DEVICE"
echo "whole $IMAGE_BLOCK_DEVICE_WITHOUT_PART"
declare -A devices
eval "devices=($IMAGE_BLOCK_DEVICES)"
for name in "\${!devices[@]}"; do echo "[$name] \${devices[$name]}"; done | sort
for device in "\${devices[@]}"; do [ -b "$device" ] || echo "no $device"; done
`;

/** Source, place and type of the tree's own file systems, as the kernel tells the hook. */
const tellMounts = (top: string): string =>
  `while read -r source place type _; do
    case $source:$place in /dev/loop*:${top}|/dev/loop*:${top}/*) echo "$source $place $type" ;; esac
done </proc/self/mounts`;

const numbered = (line: string): string => line.replace(/\/dev\/loop\d+/g, '/dev/loopN');

const told = (outcome: BuildOutcome, title: string): readonly string[] =>
  printedBy(outcome, title).map(numbered);

const lastOf = <T>(items: readonly T[]): T => {
  const last = items.at(-1);
  if (last === undefined) throw new Error('there is none');
  return last;
};

const loader = {
  'element-deps': 'tiny-os\n',
  'install.d/50-tree': bash('echo tree >/srv.txt'),
  'pre-finalise.d/50-loader': bash(`${tell}${tellMounts('$TMP_MOUNT_PATH')}`),
  'finalise.d/50-loader': bash(
    `${tell}${tellMounts('')}
    echo "size $DIB_IMAGE_SIZE"
    for link in /dev/disk/*/*; do echo "$link $(readlink -f "$link")"; done
    mkdir -p /boot/efi/EFI/BOOT; echo efi >/boot/efi/EFI/BOOT/Loader.efi
    echo disk >/disk.txt; echo noise >/var/log/noise; touch /tmp/left`,
  ),
  'cleanup.d/50-loader': bash('[ -b "$IMAGE_BLOCK_DEVICE" ]; cat "$TARGET_ROOT/srv.txt"'),
};

describe('a hook that uses IMAGE_BLOCK_DEVICE', () => {
  const place = useBuildPlace('root');
  beforeEach(() => place().element('loader', loader));

  const build = async (...words: readonly string[]): Promise<BuildOutcome> =>
    expectDone(await place().create(['-o', 'x', ...words, 'loader']));

  test('finds the disk, its partitions and their file systems', async () => {
    const outcome = await build('-t', 'raw', 'block-device-efi');
    const devices = [
      'device /dev/loopN',
      'whole /dev/loopN',
      '[BSP] /dev/loopNp2',
      '[ESP] /dev/loopNp1',
      '[image0] /dev/loopN',
      '[root] /dev/loopNp3',
    ];
    const outside = told(outcome, 'pre-finalise.d/50-loader').map(place().portable);
    expect(outside.slice(0, devices.length)).toEqual(devices);
    expect(outside.slice(devices.length)).toEqual([
      '/dev/loopNp3 {build}/dib_build.ID/mnt ext4',
      expect.stringMatching(/^\/dev\/loopNp1 \{build\}\/dib_build\.ID\/mnt\/boot\/efi (vfat|tmpfs)$/),
    ]);
    const inside = told(outcome, 'finalise.d/50-loader');
    expect(inside.slice(0, devices.length)).toEqual(devices);
    const size = readSize(join(place().out, 'x.raw'));
    const partuuid: unknown = expect.stringMatching(
      /^\/dev\/disk\/by-partuuid\/[-\da-f]{36} \/dev\/loopNp[123]$/,
    );
    expect(inside.slice(devices.length)).toEqual([
      '/dev/loopNp3 / ext4',
      expect.stringMatching(/^\/dev\/loopNp1 \/boot\/efi (vfat|tmpfs)$/),
      `size ${size / 1024}`,
      '/dev/disk/by-label/MKFS_ESP /dev/loopNp1',
      '/dev/disk/by-label/cloudimg-rootfs /dev/loopNp3',
      partuuid,
      partuuid,
      partuuid,
      expect.stringMatching(/^\/dev\/disk\/by-uuid\/[\dA-F]{4}-[\dA-F]{4} \/dev\/loopNp1$/),
      expect.stringMatching(/^\/dev\/disk\/by-uuid\/[-\da-f]{36} \/dev\/loopNp3$/),
    ]);
    expect(told(outcome, 'cleanup.d/50-loader')).toEqual(['tree']);
    expect(textsOf(outcome, 'warning')).toEqual([]);
  });

  test('works on the image itself, in every build anew', async () => {
    await build('-t', 'raw,tar', 'block-device-efi');
    const outcome = await build('-t', 'raw,tar', 'block-device-efi');
    expect(stepsOf(outcome)).toEqual([
      'reused root.d/10-tree',
      'reused install.d/50-tree',
      'ran pre-finalise.d/50-loader',
      'ran finalise.d/50-loader',
      'ran cleanup.d/50-loader',
    ]);
    const raw = join(place().out, 'x.raw');
    const [esp, , root] = (await partitionsOf(raw)) as [Partition, Partition, Partition];
    await expectSoundGpt(raw);
    await expectSoundExt(raw, root);
    await expectSoundVfat(raw, esp, place().directory);
    const listed = await answerOf('mdir', '-/', '-b', '-i', `${raw}@@${esp.start}`, '::');
    expect(listed.stdout).toBe('::/EFI/\n::/EFI/BOOT/\n::/EFI/BOOT/Loader.efi\n');
    const files = extReader(raw, root);
    expect(await files.text('/disk.txt')).toBe('disk\n');
    expect(await files.text('/srv.txt')).toBe('tree\n');
    expect(await files.text('/var/log/noise')).toBe('');
    expect(await files.text('/etc/resolv.conf')).toBe('nameserver 192.0.2.1\n');
    for (const directory of ['/tmp', '/dev', '/proc', '/sys'])
      expect([directory, await emptyDirectory(raw, root, directory)]).toEqual([directory, true]);
    const packed = succeed('tar', ['-tf', join(place().out, 'x.tar')]).split('\n');
    expect(packed).toEqual(
      expect.arrayContaining(['./disk.txt', './boot/efi/EFI/BOOT/Loader.efi', './srv.txt']),
    );
    expect(packed.filter((name) => /^\.\/(tmp|dev|proc|sys)\/./.test(name))).toEqual([]);
  });

  test('gets its devices also when only the tree is wanted', async () => {
    const outcome = await build('-t', 'tar');
    expect(told(outcome, 'finalise.d/50-loader').slice(0, 5)).toEqual([
      'device /dev/loopN',
      'whole /dev/loopN',
      '[image0] /dev/loopN',
      '/dev/loopN / ext4',
      expect.stringMatching(/^size \d+$/),
    ]);
    expect(readdirSync(place().out)).toEqual(['x.tar']);
  });

  test('has as much room as the user said', async () => {
    place().element('loader', {
      'finalise.d/50-loader': bash('[ -b "$IMAGE_BLOCK_DEVICE" ]; head -c 300000000 /dev/zero >/large'),
    });
    const small = await place().create(['-t', 'raw', '-o', 'x', '--image-size', '0.2', 'loader']);
    expect(failureIn(small)).toMatchObject({ kind: 'hook-failed', script: '50-loader' });
    await build('-t', 'raw', '--image-size', '0.5');
    expect(readSize(join(place().out, 'x.raw'))).toBe(512 * MiB);
  });

  test('may leave processes and mounts behind', async () => {
    place().element('loader', {
      'finalise.d/50-loader': bash(
        'cd /srv 2>/dev/null || cd /var; setsid sleep 1000 >/dev/null 2>&1 </dev/null & sleep 0.3; echo "$IMAGE_BLOCK_DEVICE"',
      ),
      'cleanup.d/50-loader': bash('mkdir "$TARGET_ROOT/held"; mount -t tmpfs held "$TARGET_ROOT/held"'),
    });
    const outcome = await build('-t', 'raw', 'block-device-mbr');
    expect(textsOf(outcome, 'note')).toContain('ended processes left behind: sleep');
    expect(textsOf(outcome, 'warning')).toEqual([]);
    const raw = join(place().out, 'x.raw');
    await expectSoundMbr(raw);
    await expectSoundExt(raw, lastOf(await partitionsOf(raw)));
  });

  test('leaves nothing when it fails', async () => {
    place().element('loader', { 'finalise.d/50-loader': bash('echo "$IMAGE_BLOCK_DEVICE"; exit 7') });
    const outcome = await place().create(['-t', 'raw', '-o', 'x', 'loader']);
    expect(failureIn(outcome)).toMatchObject({ kind: 'hook-failed', script: '50-loader', exitStatus: 7 });
    expect(leaksOf(place().directory)).toEqual(noLeaks);
    expect(readdirSync(place().out)).toEqual([]);
  });

  test('leaves nothing when the user interrupts', async () => {
    place().element('loader', {
      'finalise.d/50-loader': bash('echo "$IMAGE_BLOCK_DEVICE"; touch /begun; sleep 1000'),
    });
    const running = place().start(['-t', 'raw', '-o', 'x', 'loader'], {
      onEvent: (event) => {
        if (event.kind === 'output' && event.text.startsWith('/dev/loop')) running.process.kill('SIGINT');
      },
    });
    const outcome = await running.outcome;
    expect([outcome.status, failureIn(outcome)]).toEqual([130, { kind: 'interrupted' }]);
    expect(textsOf(outcome, 'warning')).toEqual([]);
    expect(leaksOf(place().directory)).toEqual(noLeaks);
  });

  test('asks dib-block-device', async () => {
    place().element('loader', {
      'pre-finalise.d/50-loader': bash(
        'for symbol in image-path image-block-device image-block-devices root-label; do dib-block-device getval $symbol; done',
      ),
    });
    const outcome = await build('-t', 'raw', 'block-device-mbr');
    const said = told(outcome, 'pre-finalise.d/50-loader').map(place().portable);
    expect(said).toEqual([
      '{build}/image/image0.raw',
      '/dev/loopN',
      ' [image0]=/dev/loopN  [root]=/dev/loopNp1 ',
      'cloudimg-rootfs',
    ]);
  });

  const moments = [
    ['disk', 50],
    ['disk', 150],
    ['disk', 200],
    ['disk', 250],
    ['disk', 300],
    ['pre-finalise.d', 0],
    ['finalise.d', 100],
    ['outputs', 0],
    ['outputs', 50],
  ] as const;

  test.each(moments)('leaves nothing when it is killed (%s, %i ms later)', async (phase, milliseconds) => {
    place().element('loader', {
      'finalise.d/50-loader': bash(
        'echo "$IMAGE_BLOCK_DEVICE"; head -c 50000000 /dev/urandom >/data; sleep 0.3',
      ),
    });
    const words = ['-t', 'tar,qcow2', '-o', 'x', 'loader', 'block-device-efi'];
    const running = place().start(words, {
      onEvent: (event) => {
        if (event.kind === 'phase-started' && event.phase === phase)
          setTimeout(() => running.process.kill('SIGKILL'), milliseconds);
      },
    });
    expect((await running.outcome).status).toBeNull();
    expect(await leaksAfter(place().directory, 3000)).toEqual(noLeaks);
    await build('-t', 'tar');
    expect(readdirSync(join(place().cache, 'store/root/work'))).toEqual([]);
  });
});

const readSize = (file: string): number => Number(succeed('stat', ['--format=%s', file]));

async function emptyDirectory(raw: string, partition: Partition, directory: string): Promise<boolean> {
  const words = ['-R', `ls -p ${directory}`, `${raw}?offset=${partition.start}`];
  const { stdout } = await answerOf('debugfs', ...words);
  const names = [...stdout.matchAll(/^\/\d+\/\d+\/\d+\/\d+\/([^/]+)\//gm)].map(([, name]) => name);
  return names.length === 2;
}

describe('an ordinary user', () => {
  const place = useBuildPlace('an ordinary user');

  test('is told which element needs root, before anything is done', async () => {
    place().element('loader', loader);
    const outcome = await place().create(['-t', 'raw', '-o', 'x', 'loader']);
    expect(outcome.status).toBe(2);
    expect(outcome.events).toEqual([]);
    expect(outcome.said).toEqual([
      'this build needs loop devices, which only root may attach: ' +
        'element `loader` uses IMAGE_BLOCK_DEVICE in pre-finalise.d/50-loader',
      '  run it as root, as in `sudo disk-image-create …`, or let sudo start the worker: see `diskimage-builder sudoers`',
      '  or leave the element out: the elements that come with this program need no devices',
      '  root: the command does not run as root',
      '  user-namespace: a user namespace may not attach loop devices',
      '  sudo: the program sudo is missing',
    ]);
    expect(readdirSync(place().out)).toEqual([]);
  });
});

describe('hooks of block-device.d', () => {
  const place = useBuildPlace('root');
  const build = (divide: string): Promise<BuildOutcome> => {
    place().element('own', {
      'element-deps': 'tiny-os\n',
      'block-device.d/10-own': bash(divide),
      'finalise.d/50-look': bash(
        'echo "$IMAGE_BLOCK_DEVICE $IMAGE_BLOCK_DEVICE_WITHOUT_PART"; cat /etc/fstab; echo "$DIB_BOOT_PARTITION"',
      ),
    });
    return place().create(['-t', 'raw', '-o', 'x', '--image-size', '0.3', 'own', 'block-device-mbr']);
  };

  test('divide the disk and name the partition that becomes the root file system', async () => {
    const outcome = expectDone(
      await build(
        `[ -b "$IMAGE_BLOCK_DEVICE" ]
        sfdisk --quiet "$IMAGE_BLOCK_DEVICE" <<'TABLE'
label: dos
start=2048, size=20480, type=da
start=22528, type=83, bootable
TABLE
        echo "IMAGE_BLOCK_DEVICE=\${IMAGE_BLOCK_DEVICE}p2"`,
      ),
    );
    expect(told(outcome, 'finalise.d/50-look')).toEqual([
      '/dev/loopNp2 /dev/loopN',
      'LABEL=cloudimg-rootfs / ext4 defaults 0 1',
      'msdos2',
    ]);
    const raw = join(place().out, 'x.raw');
    const [other, root] = (await partitionsOf(raw)) as [Partition, Partition];
    expect([other, root]).toEqual([
      { start: MiB, size: 10 * MiB, type: 'da' },
      { start: 11 * MiB, size: expect.any(Number) as number, type: '83' },
    ]);
    await expectSoundExt(raw, root);
    expect(await extReader(raw, root).names('/')).toContain('usr');
  });

  test('may take the whole disk', async () => {
    const outcome = expectDone(await build('echo "IMAGE_BLOCK_DEVICE=$IMAGE_BLOCK_DEVICE"'));
    expect(told(outcome, 'finalise.d/50-look')[0]).toBe('/dev/loopN /dev/loopN');
    const raw = join(place().out, 'x.raw');
    await expectSoundExt(raw, { start: 0, size: readSize(raw), type: '' });
  });

  test('leave the disk as it is planned when they name nothing', async () => {
    const outcome = expectDone(
      await build('echo "looking at $IMAGE_BLOCK_DEVICE"; sfdisk -l "$IMAGE_BLOCK_DEVICE"'),
    );
    expect(told(outcome, 'block-device.d/10-own')[0]).toBe('looking at /dev/loopN');
    const raw = join(place().out, 'x.raw');
    await expectSoundMbr(raw);
    await expectSoundExt(raw, lastOf(await partitionsOf(raw)));
  });

  test('may name nothing that is not on the disk of the image', async () => {
    const outcome = await build('echo "IMAGE_BLOCK_DEVICE=/dev/nowhere1"');
    const { exitStatus, problems } = refusalIn(outcome);
    expect({ exitStatus, problems: problems.map(numbered) }).toEqual({
      exitStatus: 2,
      problems: ['block-device.d names /dev/nowhere1, which is not on the disk of the image, /dev/loopN'],
    });
  });

  test('must have made what they name', async () => {
    const outcome = await build('echo "IMAGE_BLOCK_DEVICE=${IMAGE_BLOCK_DEVICE}p1"');
    expect(refusalIn(outcome).problems.map(numbered)).toEqual([
      'block-device.d names /dev/loopNp1, and its hooks have made no such partition',
    ]);
  });
});

function refusalIn(outcome: BuildOutcome): {
  readonly exitStatus: number | null;
  readonly problems: readonly string[];
} {
  const failure = failureIn(outcome);
  if (failure?.kind !== 'input-invalid') throw new Error(`it ended with ${JSON.stringify(failure)}`);
  return { exitStatus: outcome.status, problems: failure.problems.map(({ message }) => message) };
}

describe('a disk with sectors of 4096 bytes', () => {
  const place = useBuildPlace('root');

  test('is a device with sectors of that size', async () => {
    place().element('loader', {
      'element-deps': 'tiny-os\n',
      'pre-finalise.d/50-loader': bash(
        'for name in "$IMAGE_BLOCK_DEVICE"; do cat "/sys/block/${name#/dev/}/queue/logical_block_size"; done',
      ),
      'finalise.d/50-loader': bash('echo written >/written'),
    });
    const words = ['-t', 'raw', '-o', 'x', 'loader', 'block-device-efi-4k'];
    const outcome = expectDone(await place().create(words));
    expect(printedBy(outcome, 'pre-finalise.d/50-loader')).toEqual(['4096']);
  });
});

describe('a kernel that wants no partitions on loop devices', () => {
  requires({ root: true });

  test.each([
    ['the script that asks for it', resolve('lib/target')],
    ['losetup alone', '/nowhere'],
  ])('gets a device for each partition, by offset and size: %s', async (_, shellLibrary) => {
    const rig = await workerRig({});
    const { plan } = rig.context;
    const execution = { ...plan.execution, shellLibrary: hostPath(shellLibrary) };
    try {
      const withoutPartitions: Host = {
        ...realHost,
        run: (command) => realHost.run(command.argv[0] === 'addpart' ? { argv: ['false'] } : command),
      };
      const file = hostPath(join(rig.out, 'disk.raw'));
      writeFileSync(file, Buffer.concat([Buffer.alloc(2 * MiB), Buffer.alloc(MiB, 'x')]));
      mkdirSync(join(rig.out, 'unused'));
      const partitions = [partitionAt('first', 1), partitionAt('second', 2)];
      const table = { label: 'mbr' as const, id: '', partitions };
      const disk = { name: 'image0', sectorSize: 512 as const, size: bytes(3 * MiB), table, fileSystems: [] };
      const context = { ...rig.context, plan: { ...plan, execution }, host: withoutPartitions };
      await withScope(fail, async (scope) => {
        const attached = await attachDisk(context, { disk, ...wholeImage(file) }, scope);
        expect(attached.partitions.size).toBe(2);
        const second = attached.partitions.get('second') ?? '';
        expect(second).toMatch(/^\/dev\/loop\d+$/);
        expect(readFileSync(`/sys/block/${basename(second)}/size`, 'utf8')).toBe('2048\n');
        expect(await firstByte(second)).toBe('x');
        const flag = `/sys/block/${basename(second)}/loop/autoclear`;
        expect(readFileSync(flag, 'utf8')).toBe('1\n');
      });
      expect(leaksOf(rig.out)).toEqual(noLeaks);
    } finally {
      await rig.close();
    }
  });
});

const fail = (text: string): never => {
  throw new Error(text);
};

const partitionAt = (name: string, number: number): SizedPartition => ({
  ...{ name, number, type: '83', bootable: false, kind: 'primary', uuid: '' },
  ...{ start: bytes(number * MiB), size: bytes(MiB) },
});

async function firstByte(path: string): Promise<string> {
  const file = await open(path, 'r');
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, 0);
  await file.close();
  return buffer.toString();
}
