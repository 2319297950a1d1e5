// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  mkdtempSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import type { Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectDone, failureIn, printedBy, stepsOf } from '../support/build-events.ts';
import type { BuildOutcome, BuildPlace } from '../support/build-place.ts';
import { describeForEveryone } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';
import { requires } from '../support/requires.ts';
import { makeTinyUbuntu, sha256 } from '../support/tiny-ubuntu.ts';
import type { TinyUbuntu } from '../support/tiny-ubuntu.ts';

const isReady = requires({
  namespaces: true,
  programs: ['mmdebstrap', 'dpkg-deb', 'gpg', 'gpgv', 'apt-get', 'unsquashfs', 'mksquashfs', 'curl'],
});

let directory: string;
let ubuntu: TinyUbuntu;
let server: Server;
let mirror: string;

beforeAll(async () => {
  if (!isReady) return;
  directory = mkdtempSync(join(tmpdir(), 'tiny-ubuntu-'));
  chmodSync(directory, 0o755);
  ubuntu = makeTinyUbuntu(directory, ['curl', 'dkms']);
  server = createServer(({ url = '/' }, response) => {
    const file = join(ubuntu.archive, decodeURIComponent(url));
    const isThere = existsSync(file) && statSync(file).isFile();
    response.writeHead(isThere ? 200 : 404);
    if (isThere) createReadStream(file).pipe(response);
    else response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  mirror = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});

afterAll(() => {
  if (!isReady) return;
  server.close();
  rmSync(directory, { recursive: true, force: true });
});

const settings = (): Readonly<Record<string, string>> => ({
  DIB_DISTRIBUTION_MIRROR: mirror,
  DIB_APT_KEYRING: ubuntu.keyring,
  DIB_UBUNTU_MIRROR_DISTS: 'updates,security',
  DIB_UBUNTU_KERNEL: 'linux-image-tiny',
});

const packedFile = ({ out }: BuildPlace, name: string, path: string): string =>
  succeed('tar', ['-xOf', join(out, name), `./${path}`]);

const packedNames = ({ out }: BuildPlace, name: string): readonly string[] =>
  succeed('tar', ['-tf', join(out, name)]).split('\n');

const lastLine = (outcome: BuildOutcome): string | undefined => {
  const failure = failureIn(outcome);
  return failure !== null && 'lastLines' in failure ? failure.lastLines.at(-1) : undefined;
};

describeForEveryone('ubuntu-minimal', (place) => {
  const build = (environment: Readonly<Record<string, string>>): Promise<BuildOutcome> =>
    place().create(['-t', 'tar', '-o', 'x', 'ubuntu-minimal'], {
      environment: { ...settings(), ...environment },
    });

  test('is made of the packages of a mirror, its updates and a kernel, and only made anew when they change', async () => {
    expectDone(await build({}));
    expect(packedFile(place(), 'x.tar', 'usr/share/tiny/sudo')).toBe('2.0\n');
    const address = mirror.replace(/\/$/, '');
    const source = (part: string): string =>
      packedFile(place(), 'x.tar', `etc/apt/sources.list.d/${part}.list`);
    expect([source('default'), source('updates'), source('security')]).toEqual([
      `deb ${address} noble main universe\n`,
      `deb ${address} noble-updates main universe\n`,
      `deb ${address} noble-security main universe\n`,
    ]);
    const names = packedNames(place(), 'x.tar');
    const wanted = [
      './boot/vmlinuz-6.8.0-tiny',
      './usr/share/tiny/zstd',
      './usr/share/tiny/systemd-resolved',
    ];
    expect(wanted.filter((name) => !names.includes(name))).toEqual([]);
    expect(packedFile(place(), 'x.tar', 'etc/hostname')).toBe('ubuntu\n');
    const again = stepsOf(expectDone(await build({})));
    expect(
      again.filter((step) => /^ran (root|pre-install|install|post-install|finalise)\.d/.test(step)),
    ).toEqual([]);
  });

  test('takes no packages that somebody else has signed', async () => {
    const keyring = join(place().directory, 'other.gpg');
    copyFileSync('/usr/share/keyrings/debian-archive-keyring.gpg', keyring);
    const outcome = await build({ DIB_APT_KEYRING: keyring });
    expect(failureIn(outcome)).toMatchObject({
      kind: 'hook-failed',
      script: '08-debootstrap',
      exitStatus: 1,
    });
    const printed = printedBy(outcome, 'root.d/08-debootstrap').join('\n');
    expect(printed).toContain('NO_PUBKEY');
  });

  test('says which keyring is missing', async () => {
    const missing = join(place().directory, 'missing.gpg');
    expect(lastLine(await build({ DIB_APT_KEYRING: missing }))).toBe(
      `DIB_APT_KEYRING is ${missing}, which cannot be read`,
    );
    if (existsSync('/usr/share/keyrings/ubuntu-archive-keyring.gpg')) return;
    expect(lastLine(await build({ DIB_APT_KEYRING: '' }))).toBe(
      'this machine has no keyring to check the packages of ubuntu with: install the package ubuntu-keyring, ' +
        'or name a keyring file with DIB_APT_KEYRING',
    );
  });
});

describeForEveryone('ubuntu', (place) => {
  const name = 'noble-server-cloudimg-amd64.squashfs';
  const published = (): string => join(place().directory, 'images/noble/current');

  /** The image is a small Ubuntu with the sources that Ubuntu's own images have. */
  function publish(): void {
    const root = join(place().directory, 'image-root');
    const packages = ['dpkg_1.22', 'apt_1.0', 'sudo_1.0'].map((file) =>
      join(ubuntu.archive, 'pool', `${file}.deb`),
    );
    for (const deb of packages) succeed('dpkg-deb', ['--extract', deb, root]);
    const status = packages.map(
      (deb) =>
        `${succeed('dpkg-deb', ['--field', deb]).replace(/^(Package: .*)$/m, '$1\nStatus: install ok installed')}\n`,
    );
    writeFileSync(join(root, 'var/lib/dpkg/status'), status.join(''));
    writeFileSync(join(root, 'etc/fstab'), 'LABEL=cloudimg-rootfs / ext4 defaults 0 1\n');
    mkdirSync(join(root, 'etc/apt/sources.list.d'), { recursive: true });
    writeFileSync(join(root, 'etc/apt/sources.list.d/ubuntu.sources'), sources);
    mkdirSync(published(), { recursive: true });
    rmSync(join(published(), name), { force: true });
    succeed('mksquashfs', [root, join(published(), name), '-quiet', '-no-progress', '-all-root']);
    sign();
  }

  const sources = `# See the manual.
Types: deb
URIs: http://nowhere.test/ubuntu/
Suites: noble noble-updates noble-backports
Components: main universe
Signed-By: /etc/apt/trusted.gpg.d/tiny-ubuntu.gpg

Types: deb
URIs: http://elsewhere.test/ubuntu/
Suites: noble-security
Components: main universe
Signed-By: /etc/apt/trusted.gpg.d/tiny-ubuntu.gpg
`;

  function sign(): void {
    const list = join(published(), 'SHA256SUMS');
    writeFileSync(list, `${sha256(join(published(), name))} *${name}\n`);
    ubuntu.sign(list);
  }

  const build = (
    environment: Readonly<Record<string, string>> = {},
    ...more: readonly string[]
  ): Promise<BuildOutcome> =>
    place().create(['-t', 'tar', '-o', 'x', 'ubuntu', ...more], {
      environment: {
        ...settings(),
        DIB_CLOUD_IMAGES: `file://${join(place().directory, 'images')}`,
        DIB_UBUNTU_IMAGE_KEYRING: ubuntu.keyring,
        DIB_DISTRIBUTION_MIRROR_UBUNTU_IGNORE: 'backports',
        DIB_DISTRIBUTION_MIRROR_UBUNTU_INSECURE: '1',
        ...environment,
      },
    });

  test('starts from a signed image, gets its packages from the mirror, and is made anew when another is published', async () => {
    publish();
    // The parts that stay with Ubuntu's own servers cannot be had here.
    place().element('offline-parts', {
      'pre-install.d/90-drop': `#!/bin/bash\nset -eu\ncp /etc/apt/sources.list.d/ubuntu.sources /root/seen\nsed -i '/nowhere/,/^$/d' /etc/apt/sources.list.d/ubuntu.sources\n`,
    });
    const create = (): Promise<BuildOutcome> => build({}, 'offline-parts');
    expectDone(await create());
    const address = mirror.replace(/\/$/, '');
    const stanza = (uri: string, suite: string): string =>
      `Types: deb\nURIs: ${uri}\nSuites: ${suite}\nComponents: main universe\nSigned-By: /etc/apt/trusted.gpg.d/tiny-ubuntu.gpg\n\n`;
    expect(packedFile(place(), 'x.tar', 'root/seen').replace(/  +/g, ' ')).toBe(
      [
        stanza(address, 'noble'),
        stanza(address, 'noble-updates'),
        stanza('http://nowhere.test/ubuntu/', 'noble-backports'),
        stanza(address, 'noble-security'),
      ].join(''),
    );
    expect(packedFile(place(), 'x.tar', 'usr/share/tiny/dkms')).toBe('1.0\n');
    expect(packedFile(place(), 'x.tar', 'boot/vmlinuz-6.8.0-tiny')).toBe('kernel\n');
    expect(packedFile(place(), 'x.tar', 'etc/cloud/cloud.cfg.d/91-dib-cloud-init-datasources.cfg')).toBe(
      'datasource_list: [ Ec2 ]\n',
    );
    expect(packedNames(place(), 'x.tar')).not.toContain('./etc/apt/apt.conf.d/60dib-ubuntu-mirror');
    expect(stepsOf(expectDone(await create()))[0]).toBe('reused root.d/08-ubuntu-image');
    writeFileSync(join(place().directory, 'image-root/usr/share/tiny/sudo'), 'another\n');
    publish();
    expect(stepsOf(expectDone(await create()))[0]).toBe('ran root.d/08-ubuntu-image');
  });

  test('refuses an image that is not the signed one', async () => {
    publish();
    appendFileSync(join(published(), name), 'more');
    const damaged = await build();
    expect(failureIn(damaged)).toMatchObject({ kind: 'hook-failed', script: '08-ubuntu-image' });
    // The list is right about the image now, but nobody has signed it.
    writeFileSync(join(published(), 'SHA256SUMS'), `${sha256(join(published(), name))} *${name}\n`);
    expect(failureIn(await build())).toMatchObject({ kind: 'hook-failed', script: '10-ubuntu-image' });
    expect(lastLine(await build({ BASE_IMAGE_FILE: 'other.squashfs', DIB_UBUNTU_IMAGE_KEYRING: '' }))).toBe(
      `file://${published()}/SHA256SUMS lists no other.squashfs: DIB_RELEASE, ARCH or BASE_IMAGE_FILE names what is not there`,
    );
    expect(lastLine(await build({ DIB_CLOUD_IMAGES: '' }))).toBe(
      'DIB_CLOUD_IMAGES is not set: give the address below which RELEASE/current/ has the images, ' +
        'or name one on this machine with DIB_LOCAL_IMAGE',
    );
  });

  test.each(['squashfs', 'tar.gz'])('unpacks a %s of this machine', async (ending) => {
    publish();
    const file = join(place().directory, `local.${ending}`);
    if (ending === 'squashfs') copyFileSync(join(published(), name), file);
    else
      spawnSync('tar', [
        '-C',
        join(place().directory, 'image-root'),
        '--owner=0',
        '--group=0',
        '-czf',
        file,
        '.',
      ]);
    place().element('stop', { 'root.d/09-stop': '#!/bin/bash\nls "$TARGET_ROOT/usr/share/tiny"\nexit 9\n' });
    const outcome = await place().create(['-t', 'tar', '-o', 'x', 'ubuntu', 'stop'], {
      environment: { ...settings(), DIB_LOCAL_IMAGE: file },
    });
    expect(printedBy(outcome, 'root.d/09-stop')).toEqual(['apt', 'sudo']);
    const missing = await build({ DIB_LOCAL_IMAGE: `${file}.not` });
    expect(lastLine(missing)).toBe(
      `${file}.not, the image to build on, cannot be read: DIB_LOCAL_IMAGE or BASE_IMAGE_FILE names it`,
    );
  });
});
