// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { expectDone, printedBy } from '../support/build-events.ts';
import { describeForEveryone } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';
import type { PackageMirror } from '../support/package-mirror.ts';
import { servePackages } from '../support/package-mirror.ts';
import { requires } from '../support/requires.ts';
import { makeTinyUbuntu } from '../support/tiny-ubuntu.ts';
import type { OwnPackage, TinyUbuntu } from '../support/tiny-ubuntu.ts';

const isReady = requires({
  namespaces: true,
  programs: ['mmdebstrap', 'dpkg-deb', 'gpg', 'gpgv', 'apt-get'],
});

let directory: string;
let ubuntu: TinyUbuntu;
let mirror: PackageMirror;

const hooks = 'usr/share/initramfs-tools/hooks';

/** What the real one calls reads settings as this does: the image's own, and then those of packages. */
const updateInitramfs = `#!/bin/bash
COMPRESS=zstd
for file in /etc/initramfs-tools/conf.d/* /usr/share/initramfs-tools/conf-hooks.d/*; do
    [ ! -e "$file" ] || . "$file"
done
echo "$* level \${COMPRESSLEVEL:-of mkinitramfs}" >>/var/lib/initramfs-runs
cat /${hooks}/* >"/boot/initrd.img-\${3:-unknown}"
`;

/** Called as the one of Debian is; what it makes is the text of all hooks that are there, and it counts its runs. */
const initramfsTools: OwnPackage = {
  name: 'initramfs-tools',
  files: {
    'usr/share/initramfs-tools/conf-hooks.d/empty': '',
    'usr/share/initramfs-tools/hook-functions': '',
    'usr/sbin/mkinitramfs': 'zstd)\tcompresslevel="-${compresslevel:-9}" ;;\n',
    'usr/sbin/update-initramfs': updateInitramfs,
  },
};

const asks = '#!/bin/sh\nset -e\nupdate-initramfs -u -k all\n';

/** As many packages do, with the trigger of initramfs-tools or without. */
const hooked = (name: string): OwnPackage => ({
  name,
  files: { [`${hooks}/${name}`]: `${name}\n`, 'DEBIAN/postinst': asks },
});

beforeAll(async () => {
  if (!isReady) return;
  directory = mkdtempSync(join(tmpdir(), 'package-phases-'));
  chmodSync(directory, 0o755);
  ubuntu = makeTinyUbuntu(directory, [initramfsTools, ...['first', 'second', 'third'].map(hooked)]);
  mirror = await servePackages(ubuntu.archive);
});

afterAll(() => {
  if (!isReady) return;
  mirror.close();
  rmSync(directory, { recursive: true, force: true });
});

describeForEveryone('packages that ask for an initramfs', (place) => {
  const build = async (...words: readonly string[]): Promise<readonly string[]> => {
    for (const name of ['first', 'second']) {
      const ofPhase = name === 'first' ? '' : '  phase: pre-install.d\n';
      const files = { 'element-deps': 'package-installs\n', 'package-installs.yaml': `${name}:\n${ofPhase}` };
      place().element(`with-${name}`, files);
    }
    place().element('with-tools', { 'package-installs.yaml': 'initramfs-tools:\n  phase: pre-install.d\n' });
    const argv = [
      '-t',
      'tar',
      '-o',
      'x',
      ...words,
      'ubuntu-minimal',
      'with-first',
      'with-second',
      'with-tools',
    ];
    const environment = {
      DIB_DISTRIBUTION_MIRROR: mirror.url,
      DIB_APT_KEYRING: ubuntu.keyring,
      DIB_UBUNTU_MIRROR_DISTS: 'updates,security',
      DIB_UBUNTU_KERNEL: 'linux-image-tiny',
    };
    const outcome = expectDone(await place().create(argv, { environment }));
    expect(printedBy(outcome, 'install.d/01-package-installs')).toContain(
      'update-initramfs: the initramfs (all) will be made when the packages are installed',
    );
    return ['var/lib/initramfs-runs', 'boot/initrd.img-6.8.0-tiny'].map((path) =>
      succeed('tar', ['-xOf', join(place().out, 'x.tar'), `./${path}`]),
    );
  };
  const run = '-c -k 6.8.0-tiny level 6\n';

  test('get one that holds what all of them put into it', async () => {
    expect(await build()).toEqual([run, 'first\nsecond\n']);
  });

  test('with -p get another at the end, because that is later than the hooks of install.d', async () => {
    expect(await build('-p', 'third')).toEqual([`${run}${run}`, 'first\nsecond\nthird\n']);
  });

  test.each([
    ['the image names', 'echo COMPRESSLEVEL=19 >/etc/initramfs-tools/conf.d/level', '19'],
    [
      'mkinitramfs takes by itself when it is lower',
      "sed -i 's/:-9/:-1/' /usr/sbin/mkinitramfs",
      'of mkinitramfs',
    ],
  ])('compress it at the level that %s', async (_, text, level) => {
    const hook = `#!/bin/bash\nset -eu -o pipefail\nmkdir -p /etc/initramfs-tools/conf.d\n${text}\n`;
    place().element('with-level', { 'install.d/50-level': hook });
    const [runs] = await build('with-level');
    expect(runs).toBe(run.replace('6\n', `${level}\n`));
  });
});
