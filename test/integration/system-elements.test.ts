// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { appendFileSync, chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone, failureIn, printedBy, stepsOf } from '../support/build-events.ts';
import type { BuildOutcome, BuildPlace } from '../support/build-place.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import { writeOciDirectory } from '../support/oci-directory.ts';
import { succeed } from '../support/ordinary-user.ts';
import { requires } from '../support/requires.ts';
import { tarArchive } from '../support/tar-archive.ts';
import type { MemberToWrite } from '../support/tar-archive.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

/** `mode owner path` and where links lead, of all that was packed, in the order of names; the builder's own apart. */
function packedList({ out }: BuildPlace, name: string): readonly string[] {
  const { stdout } = spawnSync('tar', ['-tvf', join(out, name), '--numeric-owner'], { encoding: 'utf8' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^(\S+) +(\S+) +[\d,]+ \S+ \S+ (\.\/.*)$/, '$1 $2 $3'))
    .sort((a, b) => (a.slice(a.indexOf('./')) < b.slice(b.indexOf('./')) ? -1 : 1));
}

function packedFile({ out }: BuildPlace, name: string, path: string): string {
  return succeed('tar', ['-xOf', join(out, name), `./${path}`]);
}

const lastLines = (outcome: BuildOutcome): readonly string[] => {
  const failure = failureIn(outcome);
  return failure !== null && 'lastLines' in failure ? failure.lastLines : [];
};

/** Extended attributes by file, of the archive. */
function attributes({ out }: BuildPlace, name: string): readonly string[] {
  const words = ['--xattrs', '--xattrs-include=*', '-tvvf', join(out, name)];
  const { stdout } = spawnSync('tar', words, { encoding: 'utf8' });
  return stdout
    .split('\n')
    .filter((line) => /^\s+x:/.test(line))
    .map((line) => line.trim());
}

describeForEveryone('containerfile, of an OCI directory', (place) => {
  const build = (image: string): Promise<BuildOutcome> =>
    place().create(['-t', 'tar', '-o', 'x', 'containerfile'], {
      environment: { DIB_CONTAINERFILE_OCI_DIRECTORY: image },
    });
  const layer = (...members: readonly MemberToWrite[]): { readonly archive: Buffer } => ({
    archive: tarArchive(members),
  });

  test('lays layers over each other and hides what they say', async () => {
    const below = layer(
      { name: 'etc/' },
      { name: 'etc/kept', content: 'kept' },
      { name: 'etc/gone', content: 'gone' },
      { name: 'opt/', mode: 0o2775, gid: 7 },
      { name: 'opt/old', content: 'old' },
      { name: 'opt/deep/' },
      { name: 'opt/deep/old' },
      { name: 'was-file' },
      { name: 'was-directory/' },
      { name: 'was-directory/file' },
      { name: 'bin', type: '2', linkName: 'usr/bin' },
      { name: 'usr/bin/' },
      {
        name: 'usr/bin/tool',
        mode: 0o4755,
        uid: 5,
        gid: 6,
        content: 'tool',
        pax: { 'SCHILY.xattr.user.note': 'hi' },
      },
      { name: 'usr/bin/same', type: '1', linkName: 'usr/bin/tool' },
      { name: 'dev/' },
      { name: 'dev/null', type: '3', mode: 0o666 },
      { name: 'short', pax: { path: `long/${'n'.repeat(150)}` } },
    );
    const middle = layer(
      { name: './etc/.wh.gone' },
      { name: './opt/.wh..wh..opq' },
      { name: './opt/new', content: 'new' },
      { name: './was-file/' },
      { name: './was-file/now' },
      { name: './was-directory', content: 'now a file' },
    );
    const top = layer({ name: 'bin/more', content: 'through a link' }, { name: 'etc/.wh.missing' });
    const image = join(place().directory, 'image');
    writeOciDirectory(image, [
      {
        layers: [
          { ...below, compression: 'none' },
          { ...middle, compression: 'zstd' },
          { ...top, compression: 'gzip' },
        ],
      },
    ]);
    expectDone(await build(image));
    expect(
      packedList(place(), 'x.tar').filter((line) => !/ \.\/(etc\/fstab|tmp\/|proc\/|sys\/|)$/.test(line)),
    ).toEqual([
      'lrwxrwxrwx 0/0 ./bin -> usr/bin',
      'drwxr-xr-x 0/0 ./dev/',
      'drwxr-xr-x 0/0 ./etc/',
      '-rw-r--r-- 0/0 ./etc/kept',
      'drwxr-xr-x 0/0 ./long/',
      `-rw-r--r-- 0/0 ./long/${'n'.repeat(150)}`,
      'drwxrwsr-x 0/7 ./opt/',
      '-rw-r--r-- 0/0 ./opt/new',
      'drwxr-xr-x 0/0 ./usr/',
      'drwxr-xr-x 0/0 ./usr/bin/',
      '-rw-r--r-- 0/0 ./usr/bin/more',
      '-rwsr-xr-x 5/6 ./usr/bin/same',
      'hrwsr-xr-x 5/6 ./usr/bin/tool link to ./usr/bin/same',
      '-rw-r--r-- 0/0 ./was-directory',
      'drwxr-xr-x 0/0 ./was-file/',
      '-rw-r--r-- 0/0 ./was-file/now',
    ]);
    expect(packedFile(place(), 'x.tar', 'was-directory')).toBe('now a file');
    expect(attributes(place(), 'x.tar')).toEqual(['x: 2 user.note']);
  });

  test('made by the output type oci gives the same tree, and the same layer while it is the same', async () => {
    expectDone(await place().create(['-t', 'tar,oci', '-o', 'base', 'tiny-os']));
    const image = join(place().out, 'base.oci');
    expectDone(await build(image));
    expect(packedList(place(), 'x.tar')).toEqual(packedList(place(), 'base.tar'));
    const again = expectDone(await build(`${image}:base`));
    expect(stepsOf(again)).toEqual(['ran root.d/08-containerfile']);
    expect(stepsOf(expectDone(await build(`${image}:base`)))).toEqual(['reused root.d/08-containerfile']);
  });

  test('takes the image of the tag, and of the machine', async () => {
    const image = join(place().directory, 'image');
    const arch = { amd64: 'amd64', arm64: 'arm64' }[process.arch === 'x64' ? 'amd64' : 'arm64'];
    const other = arch === 'amd64' ? 'arm64' : 'amd64';
    const holding = (content: string): readonly { readonly archive: Buffer }[] => [
      layer({ name: 'etc/' }, { name: 'who', content }),
    ];
    writeOciDirectory(image, [
      { tag: 'one', architecture: other, layers: holding('another machine') },
      { tag: 'one', architecture: arch, layers: holding('one') },
      { tag: 'two', layers: holding('two') },
    ]);
    expectDone(await build(`${image}:one`));
    expect(packedFile(place(), 'x.tar', 'who')).toBe('one');
    expectDone(await build(`${image}:two`));
    expect(packedFile(place(), 'x.tar', 'who')).toBe('two');
    expect(lastLines(await build(`${image}:three`))).toEqual([
      `${image}: no image is tagged three; the tags are one, one, two`,
    ]);
    expect(lastLines(await build(image))).toEqual([
      `${image}: there are several images; name one by its tag: one, one, two`,
    ]);
  });

  test('refuses what is damaged', async () => {
    const image = join(place().directory, 'image');
    const blob = (digest: string): string => join(image, 'blobs', digest.replace(':', '/'));
    const [manifest = ''] = writeOciDirectory(image, [{ layers: [layer({ name: 'file' })] }]);
    const { layers } = JSON.parse(readFileSync(blob(manifest), 'utf8')) as {
      readonly layers: readonly [{ readonly digest: string; readonly size: number }];
    };
    const bytes = readFileSync(blob(layers[0].digest));
    bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
    writeFileSync(blob(layers[0].digest), bytes);
    expect(lastLines(await build(image)).at(-1)).toMatch(
      new RegExp(`^${image}: the blob ${layers[0].digest} is damaged: its digest is sha256:[0-9a-f]{64}$`),
    );
    appendFileSync(blob(manifest), ' ');
    const wanted = readFileSync(blob(manifest)).length;
    expect(lastLines(await build(image))).toEqual([
      `${image}: the blob ${manifest} has ${wanted} bytes, not ${wanted - 1}`,
    ]);
    expect(lastLines(await build(place().out))).toEqual([
      `${place().out} is no OCI image layout: it has no file oci-layout`,
    ]);
  });

  test('lets no layer out of the tree', async () => {
    const victim = join(place().directory, 'tmp/victim');
    const image = join(place().directory, 'image');
    const link: MemberToWrite = { name: 'way', type: '2', linkName: victim };
    const up: MemberToWrite = { name: 'way', type: '2', linkName: '../../../../../../../../../../../../etc' };
    const attacks: readonly (readonly (readonly MemberToWrite[])[])[] = [
      [[link], [{ name: 'way/file', content: 'broken out' }]],
      [[up], [{ name: 'way/file', content: 'broken out' }]],
      [[link], [{ name: 'way/.wh.file' }]],
      [[link], [{ name: 'way/.wh..wh..opq' }]],
      [[link], [{ name: 'taken', type: '1', linkName: 'way/file' }]],
      [[{ name: '../../../tmp/victim/file', content: 'broken out' }]],
    ];
    for (const layers of attacks) {
      mkdirSync(victim, { recursive: true });
      chmodSync(victim, 0o777);
      writeFileSync(join(victim, 'file'), 'whole');
      chmodSync(join(victim, 'file'), 0o666);
      writeOciDirectory(image, [{ layers: layers.map((members) => layer(...members)) }]);
      const outcome = await build(image);
      expect({ status: outcome.status, line: lastLines(outcome).at(-1) }).toEqual({
        status: 1,
        line: expect.stringMatching(
          /^a layer (writes through the link way of a lower one, which may lead out of the tree|has a member outside of the tree: .*)$/,
        ) as string,
      });
      expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('whole');
    }
    // A directory takes the link's place before what it hides is looked for.
    const replaced = [
      { name: 'way/sub/' },
      { name: 'way/.wh..wh..opq' },
      { name: 'way/' },
      { name: 'way/mine' },
      { name: 'etc/' },
    ];
    writeOciDirectory(image, [{ layers: [layer(link), layer(...replaced)] }]);
    expectDone(await build(image));
    expect(readFileSync(join(victim, 'file'), 'utf8')).toBe('whole');
    expect(packedList(place(), 'x.tar').filter((line) => line.includes('./way'))).toEqual([
      'drwxr-xr-x 0/0 ./way/',
      '-rw-r--r-- 0/0 ./way/mine',
      'drwxr-xr-x 0/0 ./way/sub/',
    ]);
  });
});

/**
 * Stands in for docker and podman, which need a daemon or rights that machines of tests lack. It answers the words that the
 * elements use from a tar archive, and writes down what it was asked.
 */
function standIn(
  place: BuildPlace,
  name: string,
): { readonly path: string; readonly asked: () => readonly string[] } {
  const directory = join(place.directory, 'containers');
  mkdirSync(join(directory, 'bin'), { recursive: true });
  chmodSync(directory, 0o777);
  const members: readonly MemberToWrite[] = [
    { name: '.dockerenv' },
    { name: 'etc/' },
    { name: 'etc/hostname' },
    { name: 'etc/hosts' },
    { name: 'etc/os-release', content: 'ID=tiny\n' },
    { name: 'dev/' },
    { name: 'dev/console', type: '3' },
    { name: 'usr/bin/tool', mode: 0o4755, uid: 5, gid: 6 },
  ];
  writeFileSync(join(directory, 'root.tar'), tarArchive(members));
  const program = join(directory, 'bin', name);
  writeFileSync(
    program,
    bash(`
here=${directory}
echo "$*" >>$here/asked
case "$1 $2" in
    "image inspect")
        if [ ! -e $here/pulled ]; then echo "no such image" >&2; exit 125; fi
        [ "$3" != --format ] || echo sha256:feed
        ;;
    "pull "*) touch $here/pulled ;;
    "build --iidfile") if [ -e $here/broken ]; then echo "RUN failed" >&2; exit 2; fi; printf sha256:built >"$3" ;;
    "create "*) echo container-1 ;;
    "export container-1") cat $here/root.tar ;;
    "rm "*) ;;
    *) exit 64 ;;
esac`),
  );
  chmodSync(program, 0o755);
  return {
    path: `${join(directory, 'bin')}:${place.path}`,
    asked: () => readFileSync(join(directory, 'asked'), 'utf8').trimEnd().split('\n'),
  };
}

const exported = [
  'drwxr-xr-x 0/0 ./dev/',
  'drwxr-xr-x 0/0 ./etc/',
  '-rw-r--r-- 0/0 ./etc/os-release',
  'drwxr-xr-x 0/0 ./usr/',
  'drwxr-xr-x 0/0 ./usr/bin/',
  '-rwsr-xr-x 5/6 ./usr/bin/tool',
];

const exportedOf = (place: BuildPlace): readonly string[] =>
  packedList(place, 'x.tar').filter((line) => / \.\/(dev|etc|usr|\.d)/.test(line) && !line.includes('fstab'));

describeForEveryone('docker', (place) => {
  test('pulls the image that is missing, exports it, and takes the layer while the id is the same', async () => {
    const { path, asked } = standIn(place(), 'docker');
    const environment = { PATH: path, DISTRO_NAME: 'debian', DIB_RELEASE: 'bookworm' };
    const build = (): Promise<BuildOutcome> =>
      place().create(['-t', 'tar', '-o', 'x', 'docker'], { environment });
    expectDone(await build());
    expect(exportedOf(place())).toEqual(exported);
    expect(asked()).toEqual([
      'image inspect debian:bookworm',
      'pull debian:bookworm',
      'image inspect --format {{.Id}} debian:bookworm',
      'create debian:bookworm /bin/sh',
      'export container-1',
      'rm --force container-1',
    ]);
    expect(stepsOf(expectDone(await build()))).toEqual(['reused root.d/08-docker-export']);
  });

  test('says what is missing', async () => {
    const { path } = standIn(place(), 'docker');
    const create = (environment: Readonly<Record<string, string>>): Promise<BuildOutcome> =>
      place().create(['-t', 'tar', '-o', 'x', 'docker'], { environment: { PATH: path, ...environment } });
    expect(lastLines(await create({}))).toEqual([
      'no image is named: set DIB_DOCKER_IMAGE, or DISTRO_NAME and DIB_RELEASE for DISTRO_NAME:DIB_RELEASE',
    ]);
    expect(lastLines(await create({ DIB_DOCKER_IMAGE: 'own/image', DIB_OFFLINE: '1' }))).toEqual([
      'the build is offline and docker has no image own/image: build once with the network, or pull it',
    ]);
  });
});

describeForEveryone('containerfile, of a container file', (place) => {
  test('builds the file that an element brings for the release, in a context of its own', async () => {
    const { path, asked } = standIn(place(), 'podman');
    place().element('mine', { 'element-deps': 'containerfile\n', 'containerfiles/9': 'FROM base\n' });
    const environment = { PATH: path, DIB_RELEASE: '9', DIB_CONTAINERFILE_RUNTIME: 'podman' };
    const build = (): Promise<BuildOutcome> =>
      place().create(['-t', 'tar', '-o', 'x', 'mine'], { environment });
    expectDone(await build());
    expect(exportedOf(place())).toEqual(exported);
    const work = String.raw`${place().cache}/store/\w+/work/[\w-]+/dib_build\.\w+`;
    expect(asked()).toEqual([
      expect.stringMatching(
        new RegExp(
          `^build --iidfile ${work}/containerfile-image --file ${work}/hooks/containerfiles/9 ${place().cache}/containerfile$`,
        ),
      ),
      'create sha256:built /bin/sh',
      'export container-1',
      'rm --force container-1',
    ]);
    expect(stepsOf(expectDone(await build()))).toEqual(['reused root.d/08-containerfile']);
  });

  test('passes network, options and context on', async () => {
    const { path, asked } = standIn(place(), 'docker');
    const file = join(place().directory, 'elements/Dockerfile');
    writeFileSync(file, 'FROM base\n');
    const environment = {
      PATH: path,
      DIB_CONTAINERFILE_RUNTIME: 'docker',
      DIB_CONTAINERFILE_DOCKERFILE: file,
      DIB_CONTAINERFILE_NETWORK_DRIVER: 'host',
      DIB_CONTAINERFILE_BUILDOPTS: '--build-arg "WHO=two words"',
      DIB_CONTAINER_CONTEXT: place().out,
    };
    expectDone(await place().create(['-t', 'tar', '-o', 'x', 'containerfile'], { environment }));
    expect(asked()[0]?.replace(/^.*--file/, '--file')).toBe(
      `--file ${file} --network host --build-arg WHO=two words ${place().out}`,
    );
  });

  test('fails with the words of the program that builds, and without one says what to do', async () => {
    const { path } = standIn(place(), 'podman');
    const create = (environment: Readonly<Record<string, string>>): Promise<BuildOutcome> =>
      place().create(['-t', 'tar', '-o', 'x', 'containerfile'], {
        environment: { PATH: path, DIB_CONTAINERFILE_RUNTIME: 'podman', ...environment },
      });
    expect(lastLines(await create({}))).toEqual([
      'no container file is named: set DIB_CONTAINERFILE_DOCKERFILE, or DIB_CONTAINERFILE_OCI_DIRECTORY',
    ]);
    expect(lastLines(await create({ DIB_CONTAINERFILE_RUNTIME: 'lorry' }))).toEqual([
      'lorry is not on this machine: install it, or name an image on disk with DIB_CONTAINERFILE_OCI_DIRECTORY',
    ]);
    writeFileSync(join(place().directory, 'containers/broken'), '');
    const file = join(place().directory, 'elements/Dockerfile');
    writeFileSync(file, 'FROM base\n');
    const failed = await create({ DIB_CONTAINERFILE_DOCKERFILE: file });
    expect({ status: failed.status, lines: lastLines(failed) }).toEqual({ status: 1, lines: ['RUN failed'] });
  });
});

/** Gives a tiny system what is easily lost on the way, and keeps GRUB out of the second build. */
function dressing(place: BuildPlace): void {
  const attribute = tarArchive([{ name: 'srv/note', pax: { 'SCHILY.xattr.user.note': 'hello' } }]);
  place.element('dressed', { 'element-deps': 'tiny-os\n', 'attribute.tar': '' });
  writeFileSync(join(place.directory, 'elements/dressed/attribute.tar'), attribute);
  place.element('dressed', {
    'root.d/50-dress': bash(`
mkdir -p "$TARGET_ROOT"/{boot/efi/EFI/X,srv,var/spool}
echo kernel >"$TARGET_ROOT/boot/vmlinuz"
echo loader >"$TARGET_ROOT/boot/efi/EFI/X/a.efi"
echo hidden >"$TARGET_ROOT/.hidden"
echo tool >"$TARGET_ROOT/usr/bin/tool"
chown 5:6 "$TARGET_ROOT/usr/bin/tool"
chmod 4750 "$TARGET_ROOT/usr/bin/tool"
ln "$TARGET_ROOT/usr/bin/tool" "$TARGET_ROOT/usr/bin/tool2"
truncate -s 5M "$TARGET_ROOT/srv/hole"
ln -s nowhere "$TARGET_ROOT/srv/dangling"
mkfifo "$TARGET_ROOT/var/spool/pipe"
tar -C "$TARGET_ROOT" --xattrs --xattrs-include='*' -xf "$TMP_HOOKS_PATH/attribute.tar"`),
  });
  place.element('no-grub', {
    'root.d/90-no-grub': bash('mkdir -p "$TARGET_ROOT/tmp/grub"; : >"$TARGET_ROOT/tmp/grub/install"'),
  });
}

const withoutFstab = (lines: readonly string[]): readonly string[] =>
  lines.filter((line) => !line.endsWith('/etc/fstab'));

describe('replace-partition', () => {
  const place = useBuildPlace('root');
  const again = (image: string, environment: Readonly<Record<string, string>> = {}): Promise<BuildOutcome> =>
    place().create(['-t', 'tar,raw', '-o', 'again', 'replace-partition', 'no-grub', 'block-device-mbr'], {
      environment: { DIB_LOCAL_IMAGE: image, ...environment },
    });
  requires({ programs: ['qemu-img', 'partx', 'mcopy', 'mke2fs', 'losetup', 'sfdisk'] });

  test('lays the files of a qcow2 with an EFI system partition out anew', async () => {
    dressing(place());
    expectDone(await place().create(['-t', 'qcow2,tar', '-o', 'first', 'dressed', 'block-device-efi']));
    const outcome = expectDone(await again(join(place().out, 'first.qcow2')));
    expect(printedBy(outcome, 'root.d/08-unpack-local-image')).toEqual([
      `unpacking ${join(place().out, 'first.qcow2')}, which is qcow2`,
      '/: ext4 of partition 3',
      '/boot/efi: vfat of partition 1',
    ]);
    expect(withoutFstab(packedList(place(), 'again.tar'))).toEqual(
      withoutFstab(packedList(place(), 'first.tar')),
    );
    expect(packedFile(place(), 'again.tar', 'boot/efi/EFI/X/a.efi')).toBe('loader\n');
    expect(attributes(place(), 'again.tar')).toEqual(['x: 5 user.note']);
    expect(packedFile(place(), 'again.tar', 'etc/fstab')).not.toContain('/boot/efi');
    expect(succeed('sfdisk', ['--dump', join(place().out, 'again.raw')])).toContain('label: dos');
  });

  test('reads a disk without partitions, and one whose sectors have 4096 bytes', async () => {
    dressing(place());
    expectDone(await place().create(['-t', 'raw,tar', '-o', 'first', 'dressed']));
    const whole = join(place().out, 'first.raw');
    expect(printedBy(expectDone(await again(whole)), 'root.d/08-unpack-local-image')).toEqual([
      '/: ext4 of the disk',
    ]);
    expect(withoutFstab(packedList(place(), 'again.tar'))).toEqual(
      withoutFstab(packedList(place(), 'first.tar')),
    );

    const large = join(place().out, 'large.raw');
    succeed('truncate', ['--size=512M', large]);
    const device = succeed('losetup', ['--find', '--show', '--sector-size=4096', large]).trim();
    try {
      succeed('sfdisk', ['--quiet', device], 'label: gpt\n');
      succeed('sfdisk', ['--quiet', '--no-reread', '--append', device], 'start=256\n');
    } finally {
      succeed('losetup', ['--detach', device]);
    }
    succeed('dd', [`if=${whole}`, `of=${large}`, 'bs=1M', 'seek=1', 'conv=notrunc,sparse', 'status=none']);
    expect(printedBy(expectDone(await again(large)), 'root.d/08-unpack-local-image')).toEqual([
      '/: ext4 of partition 1',
    ]);
    expect(withoutFstab(packedList(place(), 'again.tar'))).toEqual(
      withoutFstab(packedList(place(), 'first.tar')),
    );
  });

  test('says what is wrong with the image', async () => {
    dressing(place());
    const empty = join(place().out, 'empty.raw');
    succeed('truncate', ['--size=8M', empty]);
    succeed('mke2fs', ['-q', '-t', 'ext4', empty]);
    expect(lastLines(await again(empty))).toEqual([
      `${empty} has no root file system that is known (found: ext4)`,
    ]);
    expect(lastLines(await again('/nonexistent'))).toEqual([
      'DIB_LOCAL_IMAGE is /nonexistent, which cannot be read',
    ]);
    expect(lastLines(await again(''))).toEqual([
      'DIB_LOCAL_IMAGE is not set: name the image whose files are laid out anew',
    ]);
  });
});

describe('replace-partition, as an ordinary user', () => {
  const place = useBuildPlace('an ordinary user');
  const image = (): string => join(place().out, 'first.qcow2');
  const again = (environment: Readonly<Record<string, string>>): Promise<BuildOutcome> =>
    place().create(['-t', 'tar', '-o', 'again', 'replace-partition', 'no-grub'], {
      environment: { DIB_LOCAL_IMAGE: image(), ...environment },
    });

  test('needs root, or guestfish', async () => {
    dressing(place());
    expectDone(await place().create(['-t', 'qcow2,tar', '-o', 'first', 'dressed']));
    expect(lastLines(await again({}))).toEqual([
      `${image()}: the file systems of a disk image have to be mounted, which only root may: build as root or with ` +
        '--isolation sudo, or install guestfish and set DIB_IMAGE_EXTRACT_GUESTFISH=1',
    ]);
    // Stands in for guestfish, which starts a virtual machine: it packs the tree that the disk was made from.
    const bin = join(place().directory, 'bin');
    mkdirSync(bin);
    const words = `--ro --add ${image()} --inspector tar-out /`;
    writeFileSync(
      join(bin, 'guestfish'),
      bash(
        `[ "$*" = "${words} $7 numericowner:true xattrs:true acls:true" ]\ncp ${place().out}/first.tar "$7"`,
      ),
    );
    chmodSync(join(bin, 'guestfish'), 0o755);
    expectDone(await again({ DIB_IMAGE_EXTRACT_GUESTFISH: '1', PATH: `${bin}:${place().path}` }));
    expect(withoutFstab(packedList(place(), 'again.tar'))).toEqual(
      withoutFstab(packedList(place(), 'first.tar')),
    );
  });
});

describe('extract-image', () => {
  const place = useBuildPlace('root');
  requires({ programs: ['qemu-img', 'partx', 'mcopy'] });

  test('makes an archive of a disk image, and makes it anew only when the image has changed', async () => {
    dressing(place());
    expectDone(await place().create(['-t', 'qcow2,tar', '-o', 'first', 'dressed', 'block-device-gpt']));
    const image = join(place().out, 'first.qcow2');
    place().element('cloud', {
      'element-deps': 'cache-url\nsysprep\n',
      'element-provides': 'operating-system\n',
      'element.yaml': 'cache:\n  root.d: never\n',
      // What cache-url wants in the image is of no interest here.
      'pre-install.d/05-stand-in': bash(
        'mkdir -p /usr/local/bin; ln -s /bin/true /usr/local/bin/install-packages',
      ),
      'root.d/10-cloud-image': bash(`
"$TMP_HOOKS_PATH/bin/extract-image" first.qcow2 first.tgz file://${image} "$DIB_IMAGE_CACHE/first.tgz"
tar -C "$TARGET_ROOT" --numeric-owner --xattrs --xattrs-include='*' -xzf "$DIB_IMAGE_CACHE/first.tgz"`),
    });
    const extract = (): Promise<BuildOutcome> => place().create(['-t', 'tar', '-o', 'again', 'cloud']);
    const first = expectDone(await extract());
    expect(printedBy(first, 'root.d/10-cloud-image').at(-1)).toBe('/: ext4 of partition 2');
    expect(
      packedList(place(), 'again.tar').filter((line) =>
        / \.\/(boot|srv|usr\/bin|var\/spool|\.hidden)/.test(line),
      ),
    ).toEqual(
      packedList(place(), 'first.tar').filter((line) =>
        / \.\/(boot|srv|usr\/bin|var\/spool|\.hidden)/.test(line),
      ),
    );
    const second = expectDone(await extract());
    const { cache } = place();
    expect(printedBy(second, 'root.d/10-cloud-image').at(-1)).toBe(
      `${cache}/first.tgz is still that of ${cache}/first.qcow2`,
    );
    expect(existsSync(join(cache, 'first.tgz'))).toBe(true);
  });
});
