// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { succeed } from './ordinary-user.ts';

/** An archive that looks like Ubuntu's: real packages, made of this machine's own programs, signed with a key made for it. */
export type TinyUbuntu = {
  /** The directory to be served as the mirror. */
  readonly archive: string;
  readonly keyring: string;
  /** Makes `FILE.gpg`, a detached signature. */
  readonly sign: (file: string) => void;
};

/** A package of one's own: path → text. What lies in `DEBIAN` or a `bin` or `sbin` can be run. */
export type OwnPackage = { readonly name: string; readonly files: Readonly<Record<string, string>> };

/**
 * Makes it below a directory.
 * @param extra More packages; of those that are only named each holds one file `usr/share/tiny/NAME`.
 */
export function makeTinyUbuntu(directory: string, extra: readonly (string | OwnPackage)[] = []): TinyUbuntu {
  const home = join(directory, 'gnupg');
  mkdirSync(home, { recursive: true, mode: 0o700 });
  const gpg = (...words: readonly string[]): string =>
    succeed('gpg', ['--homedir', home, '--batch', '--quiet', '--yes', '--passphrase', '', ...words]);
  gpg(
    '--pinentry-mode',
    'loopback',
    '--quick-generate-key',
    'Tiny Ubuntu <tiny@example.org>',
    'rsa2048',
    'sign',
    'never',
  );
  const keyring = join(directory, 'tiny-ubuntu.gpg');
  gpg('--export', '--output', keyring);
  const archive = join(directory, 'archive');
  const packages = [base(directory), plain(directory, 'apt'), kernel(directory)];
  for (const one of [...bootstrapped, ...extra])
    packages.push(typeof one === 'string' ? plain(directory, one) : own(directory, one));
  writeSuite(archive, 'noble', packages);
  writeSuite(archive, 'noble-updates', [plain(directory, 'sudo', '2.0')]);
  writeSuite(archive, 'noble-security', []);
  for (const suite of ['noble', 'noble-updates', 'noble-security']) {
    const release = join(archive, 'dists', suite, 'Release');
    gpg('--clearsign', '--output', join(dirname(release), 'InRelease'), release);
  }
  spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  const sign = (file: string): void => {
    gpg('--detach-sign', '--output', `${file}.gpg`, file);
    spawnSync('gpgconf', ['--homedir', home, '--kill', 'all']);
  };
  return { archive, keyring, sign };
}

/** What ubuntu-minimal asks for besides kernel and apt. */
const bootstrapped = [
  ...[
    'systemd-sysv',
    'busybox',
    'sudo',
    'gnupg',
    'python3',
    'netbase',
    'adduser',
    'ca-certificates',
    'locales',
  ],
  ...['lsb-release', 'zstd', 'systemd-resolved'],
];

type Package = { readonly control: string; readonly deb: string; readonly pool: string };

function build(directory: string, root: string, fields: Readonly<Record<string, string>>): Package {
  const all = {
    Architecture: architecture(),
    Maintainer: 'Tests <tests@example.org>',
    Description: 'for tests',
    ...fields,
  };
  const control = Object.entries(all)
    .map(([key, value]) => `${key}: ${value}\n`)
    .join('');
  mkdirSync(join(root, 'DEBIAN'), { recursive: true });
  writeFileSync(join(root, 'DEBIAN/control'), control);
  const pool = `pool/${fields['Package'] ?? ''}_${fields['Version'] ?? ''}.deb`;
  const deb = join(directory, 'archive', pool);
  mkdirSync(dirname(deb), { recursive: true });
  succeed('dpkg-deb', ['--root-owner-group', '-Znone', '--build', root, deb]);
  return { control, deb, pool };
}

const architecture = (): string => succeed('dpkg', ['--print-architecture']).trim();

function plain(directory: string, name: string, version = '1.0'): Package {
  const root = join(directory, 'roots', `${name}-${version}`);
  mkdirSync(join(root, 'usr/share/tiny'), { recursive: true });
  writeFileSync(join(root, 'usr/share/tiny', name), `${version}\n`);
  return build(directory, root, { Package: name, Version: version });
}

function own(directory: string, { name, files }: OwnPackage): Package {
  const root = join(directory, 'roots', name);
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true });
    writeFileSync(join(root, path), text, { mode: /(^DEBIAN|bin)\//.test(path) ? 0o755 : 0o644 });
  }
  return build(directory, root, { Package: name, Version: '1.0' });
}

function kernel(directory: string): Package {
  const root = join(directory, 'roots/kernel');
  mkdirSync(join(root, 'boot'), { recursive: true });
  writeFileSync(join(root, 'boot/vmlinuz-6.8.0-tiny'), 'kernel\n');
  return build(directory, root, { Package: 'linux-image-tiny', Version: '6.8.0' });
}

const programs = [
  ...[
    'apt-cache',
    'apt-config',
    'apt-get',
    'apt-mark',
    'bash',
    'awk',
    'basename',
    'cat',
    'chmod',
    'chown',
    'chroot',
    'cmp',
  ],
  ...[
    'comm',
    'cp',
    'cut',
    'date',
    'diff',
    'dirname',
    'dpkg',
    'dpkg-deb',
    'dpkg-divert',
    'dpkg-query',
    'dpkg-split',
    'env',
  ],
  ...[
    'find',
    'findmnt',
    'flock',
    'getent',
    'gpgv',
    'grep',
    'gzip',
    'head',
    'id',
    'install',
    'ldconfig',
    'ln',
    'ls',
    'md5sum',
    'mkdir',
  ],
  ...[
    'mktemp',
    'mount',
    'mountpoint',
    'mv',
    'readlink',
    'realpath',
    'rm',
    'rmdir',
    'sed',
    'sha256sum',
    'sleep',
    'sort',
  ],
  ...[
    'start-stop-daemon',
    'stat',
    'tail',
    'tar',
    'tee',
    'touch',
    'tr',
    'true',
    'umount',
    'uname',
    'uniq',
    'wc',
    'xargs',
  ],
];

/** What dpkg and apt need to run in a tree: one essential package named dpkg. */
function base(directory: string): Package {
  const root = join(directory, 'roots/base');
  const script = `
    set -eu -o pipefail
    PATH=$PATH:/usr/sbin:/sbin
    root=$1; shift
    mkdir -p "$root"/{boot,dev,etc/apt/{apt.conf.d,preferences.d,sources.list.d,trusted.gpg.d},etc/dpkg/dpkg.cfg.d,home,proc,root,run,sys,tmp}
    mkdir -p "$root"/usr/{bin,sbin,lib/apt,lib64,local/{bin,sbin},share} "$root"/var/{cache/apt/archives/partial,lib/apt/lists/partial,lib/dpkg,log/apt,tmp}
    chmod 1777 "$root/tmp" "$root/var/tmp"
    for name in bin lib lib64 sbin; do ln -s "usr/$name" "$root/$name"; done
    for name in "$@"; do cp --dereference "$(type -P "$name")" "$root/usr/bin/$name"; done
    ln -s bash "$root/usr/bin/sh"
    cp /usr/bin/apt-key "$root/usr/bin/" 2>/dev/null || true
    cp -r /usr/lib/apt/methods /usr/lib/apt/apt-helper "$root/usr/lib/apt/"
    cp -r /usr/share/dpkg "$root/usr/share/"
    { find "$root/usr/bin" "$root/usr/lib/apt" -type f -exec ldd {} + 2>/dev/null || true; } |
        grep -o '/[^ :]*\\.so[^ :]*' | grep -v "^$root" | sort -u | while read -r library; do
            mkdir -p "$root\${library%/*}"
            cp --dereference "$library" "$root$library"
        done
    printf 'root:x:0:0:root:/root:/bin/bash\\n_apt:x:42:65534::/nonexistent:/usr/sbin/nologin\\n' >"$root/etc/passwd"
    printf 'root:x:0:\\nadm:x:4:\\ntty:x:5:\\nmail:x:8:\\nshadow:x:42:\\n' >"$root/etc/group"
    printf 'NAME="Ubuntu"\\nID=ubuntu\\nVERSION_ID="24.04"\\n' >"$root/etc/os-release"
  `;
  const result = spawnSync('bash', ['--norc', '-c', script, 'base', root, ...programs], { encoding: 'utf8' });
  if (result.status !== 0) throw new Error(`the base package cannot be made: ${result.stderr}`);
  for (const library of readdirSync(join(root, 'usr/lib'))) chmodSync(join(root, 'usr/lib', library), 0o755);
  return build(directory, root, { Package: 'dpkg', Version: '1.22', Essential: 'yes', Priority: 'required' });
}

function writeSuite(archive: string, suite: string, packages: readonly Package[]): void {
  const arch = architecture();
  const text = packages
    .map(({ control, deb, pool }) => `${control}Filename: ${pool}\n${fileFields(deb)}\n`)
    .join('\n');
  const listed = ['main', 'universe'].map((component) => {
    const path = `${component}/binary-${arch}/Packages`;
    const file = join(archive, 'dists', suite, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, component === 'main' ? text : '');
    return ` ${sha256(file)} ${statSync(file).size} ${path}\n`;
  });
  const head = `Origin: Ubuntu\nLabel: Ubuntu\nSuite: ${suite}\nCodename: ${suite.split('-')[0] ?? ''}\n`;
  const rest = `Date: ${new Date().toUTCString()}\nArchitectures: ${arch}\nComponents: main universe\nSHA256:\n`;
  writeFileSync(join(archive, 'dists', suite, 'Release'), `${head}${rest}${listed.join('')}`);
}

const fileFields = (deb: string): string => `Size: ${statSync(deb).size}\nSHA256: ${sha256(deb)}\n`;

export const sha256 = (file: string): string => createHash('sha256').update(readFileSync(file)).digest('hex');
