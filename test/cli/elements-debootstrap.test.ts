// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const library = resolve('elements/debootstrap/lib/repositories.bash');
let machine: string;

beforeEach(() => {
  machine = mkdtempSync(join(tmpdir(), 'dib-repositories-test-'));
  file('etc/os-release', 'NAME="Debian"\nID=debian\nVERSION_ID="12"\n');
});

afterEach(() => rmSync(machine, { recursive: true }));

test('the hook does without what is brought by our element dpkg, which another may hide', () => {
  for (const path of [
    'root.d/08-debootstrap',
    'lib/repositories.bash',
    'lib/package-lists.bash',
    'lib/extra-words.bash',
  ]) {
    mkdirSync(dirname(join(machine, path)), { recursive: true });
    copyFileSync(resolve('elements/debootstrap', path), join(machine, path));
  }
  const { status, stderr } = spawnSync('bash', [join(machine, 'root.d/08-debootstrap')], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], DISTRO_NAME: 'debian', DIB_RELEASE: '' },
  });
  expect({ status, stderr }).toEqual({
    status: 1,
    stderr: 'DIB_RELEASE is not set: say which release of debian to bootstrap\n',
  });
});

describe('without a mirror in the settings', () => {
  test('those of a machine with deb822 sources count', () => {
    file(
      'etc/apt/sources.list.d/debian.sources',
      `# comment
Types: deb deb-src
URIs: http://archive.test/debian/
Suites: bookworm
  bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://security.test/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`,
    );
    expect(repositories()).toEqual([
      'default:deb http://archive.test/debian bookworm main',
      'updates:deb http://archive.test/debian bookworm-updates main',
      'security:deb http://security.test/debian-security bookworm-security main',
    ]);
  });

  test('those of a machine with one-line sources count', () => {
    file(
      'etc/apt/sources.list',
      `# deb http://commented.test/debian bookworm main
deb-src http://source.test/debian bookworm main
deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] https://archive.test/debian bookworm main # ours
deb http://security.test/debian-security bookworm-security main
`,
    );
    expect(repositories()).toEqual([
      'default:deb https://archive.test/debian bookworm main',
      'updates:deb https://archive.test/debian bookworm-updates main',
      'security:deb http://security.test/debian-security bookworm-security main',
    ]);
  });

  test('repositories of other vendors do not count, even with the same suite and component', () => {
    file('etc/apt/sources.list.d/aa-vendor.list', 'deb http://vendor.test/linux bookworm main\n');
    file(
      'etc/apt/sources.list.d/bb-signed.list',
      'deb [signed-by=/etc/apt/keyrings/vendor.gpg] http://signed.test/linux bookworm main\n',
    );
    file('etc/apt/sources.list.d/cc-docker.list', 'deb http://other.test/linux/debian bookworm stable\n');
    file(
      'etc/apt/sources.list.d/debian.list',
      'deb http://archive.test/debian bookworm main\ndeb http://archive.test/debian bookworm-updates main\n',
    );
    expect(repositories()).toEqual([
      'default:deb http://archive.test/debian bookworm main',
      'updates:deb http://archive.test/debian bookworm-updates main',
    ]);
  });

  test('a list of mirrors gives its first', () => {
    file(
      'etc/apt/mirrors/debian.list',
      '# mirrors\nhttps://first.test/debian/\nhttps://second.test/debian\n',
    );
    file(
      'etc/apt/sources.list.d/debian.sources',
      'Types: deb\nURIs: mirror+file:/etc/apt/mirrors/debian.list\nSuites: bookworm\nComponents: main\n',
    );
    expect(repositories({ DIB_RELEASE: 'sid' })).toEqual(['default:deb https://first.test/debian sid main']);
  });

  test('disabled sources, and those of another distribution, are none', () => {
    file(
      'etc/apt/sources.list.d/debian.sources',
      'Enabled: no\nTypes: deb\nURIs: http://archive.test/debian\nSuites: bookworm\nComponents: main\n',
    );
    expect(repositories()).toEqual([]);
    file('etc/apt/sources.list', 'deb http://archive.test/debian bookworm main\n');
    file('etc/os-release', 'ID=ubuntu\n');
    expect(repositories()).toEqual([]);
  });
});

describe('the settings', () => {
  test('give mirrors, components and the suite of the security archive', () => {
    const settings = {
      DIB_RELEASE: 'buster',
      DIB_DEBIAN_COMPONENTS: 'main,contrib',
      DIB_DISTRIBUTION_MIRROR: 'http://mine.test/debian/',
      DIB_DEBIAN_DISTRIBUTION_MIRROR: 'http://unused.test/debian',
      DIB_DEBIAN_SECURITY_MIRROR: 'http://safe.test/security',
      DIB_DEBIAN_SECURITY_SUBPATH: 'buster/updates',
    };
    expect(repositories(settings)).toEqual([
      'default:deb http://mine.test/debian buster main contrib',
      'updates:deb http://mine.test/debian buster-updates main contrib',
      'security:deb http://safe.test/security buster/updates main contrib',
    ]);
  });

  test.each([
    ['buster', '', 'buster/updates'],
    ['bookworm', '', 'bookworm-security'],
    ['stretch', '/updates', 'stretch/updates'],
    ['bookworm', '/updates', 'bookworm-security/updates'],
    ['buster', '/more', 'buster/more'],
    ['bookworm', 'own-suite', 'own-suite'],
  ])('the security suite of %s with the subpath "%s"', (DIB_RELEASE, DIB_DEBIAN_SECURITY_SUBPATH, suite) => {
    const mirrors = {
      DIB_DISTRIBUTION_MIRROR: 'http://m.test/debian',
      DIB_DEBIAN_SECURITY_MIRROR: 'http://s.test/',
    };
    expect(repositories({ ...mirrors, DIB_RELEASE, DIB_DEBIAN_SECURITY_SUBPATH })[2]).toBe(
      `security:deb http://s.test ${suite} main`,
    );
  });

  test('DIB_APT_SOURCES_CONF says everything', () => {
    const DIB_APT_SOURCES_CONF =
      '\n  own:deb [trusted=yes] http://own.test/ ./\n\nmore:deb http://m.test x y\n';
    expect(repositories({ DIB_APT_SOURCES_CONF, DIB_DISTRIBUTION_MIRROR: 'http://unused.test' })).toEqual([
      'own:deb [trusted=yes] http://own.test/ ./',
      'more:deb http://m.test x y',
    ]);
  });
});

describe('Ubuntu', () => {
  const ubuntu = { DISTRO_NAME: 'ubuntu', DIB_RELEASE: 'noble', DIB_DEBIAN_COMPONENTS: 'main,universe' };

  test('has its updates, security fixes and backports from the mirror that is named', () => {
    const settings = {
      DIB_DISTRIBUTION_MIRROR: 'http://mine.test/ubuntu',
      DIB_DEBIAN_DISTRIBUTION_MIRROR: 'http://unused.test/debian',
      DIB_DEBIAN_SECURITY_MIRROR: 'http://unused.test/security',
    };
    expect(repositories({ ...ubuntu, ...settings })).toEqual([
      'default:deb http://mine.test/ubuntu noble main universe',
      'updates:deb http://mine.test/ubuntu noble-updates main universe',
      'security:deb http://mine.test/ubuntu noble-security main universe',
      'backports:deb http://mine.test/ubuntu noble-backports main universe',
    ]);
  });

  test('has what DIB_UBUNTU_MIRROR_DISTS names, which may be nothing', () => {
    const mirror = { ...ubuntu, DIB_DISTRIBUTION_MIRROR: 'http://mine.test/ubuntu' };
    expect(repositories({ ...mirror, DIB_UBUNTU_MIRROR_DISTS: 'proposed' })).toEqual([
      'default:deb http://mine.test/ubuntu noble main universe',
      'proposed:deb http://mine.test/ubuntu noble-proposed main universe',
    ]);
    expect(repositories({ ...mirror, DIB_UBUNTU_MIRROR_DISTS: '' })).toEqual([
      'default:deb http://mine.test/ubuntu noble main universe',
    ]);
  });

  test('has the sources of a machine that runs it, the security archive of its own too', () => {
    file('etc/os-release', 'ID=ubuntu\nVERSION_ID="24.04"\n');
    const stanza = (uri: string, suites: string): string =>
      `Types: deb\nURIs: ${uri}\nSuites: ${suites}\nComponents: main universe restricted\n` +
      'Signed-By: /usr/share/keyrings/ubuntu-archive-keyring.gpg\n';
    file(
      'etc/apt/sources.list.d/ubuntu.sources',
      [
        stanza('http://archive.test/ubuntu/', 'noble noble-updates noble-backports'),
        stanza('http://security.test/ubuntu/', 'noble-security'),
      ].join('\n'),
    );
    expect(repositories({ ...ubuntu, DIB_RELEASE: 'jammy' })).toEqual([
      'default:deb http://archive.test/ubuntu jammy main universe',
      'updates:deb http://archive.test/ubuntu jammy-updates main universe',
      'security:deb http://security.test/ubuntu jammy-security main universe',
      'backports:deb http://archive.test/ubuntu jammy-backports main universe',
    ]);
  });

  test('has none on a machine that runs something else', () => {
    file('etc/apt/sources.list', 'deb http://archive.test/debian bookworm main\n');
    expect(repositories(ubuntu)).toEqual([]);
  });
});

describe('extra words', () => {
  test.each([
    ['', { words: [], trusts: 'no' }],
    ['--no-check-gpg', { words: [], trusts: 'yes' }],
    [" --include='a b,c' --force-check-gpg  --no-check-gpg", { words: ['--include=a b,c'], trusts: 'yes' }],
    [
      '--variant=apt --aptopt \'Acquire::Retries "3"\'',
      { words: ['--variant=apt', '--aptopt', 'Acquire::Retries "3"'], trusts: 'no' },
    ],
  ])('%s', (DIB_DEBOOTSTRAP_EXTRA_ARGS, expected) => {
    expect(extraWords(DIB_DEBOOTSTRAP_EXTRA_ARGS)).toEqual({ ...expected, said: [] });
  });

  test('those that mmdebstrap has nothing for are left out, and named', () => {
    expect(extraWords('--cache-dir /var/tmp/c --exclude=x,y --include=z --exclude q --https-only')).toEqual({
      words: ['--include=z'],
      trusts: 'no',
      said: [
        'of DIB_DEBOOTSTRAP_EXTRA_ARGS these mean nothing to mmdebstrap and are left out: ' +
          '--cache-dir /var/tmp/c --exclude=x,y --exclude q --https-only',
      ],
    });
    expect(extraWords('--exclude').words).toEqual([]);
  });

  test('make repositories trusted', () => {
    const lines = [
      'deb http://a.test x main',
      'deb [arch=amd64] http://b.test ./',
      'deb-src  http://c.test x y',
    ];
    expect(shell('source "$0"; trusting_lines "$@"; trusting_lines', lines)).toEqual([
      'deb [trusted=yes] http://a.test x main',
      'deb [trusted=yes arch=amd64] http://b.test ./',
      'deb-src [trusted=yes] http://c.test x y',
    ]);
  });
});

function extraWords(DIB_DEBOOTSTRAP_EXTRA_ARGS: string) {
  const script = 'source "$0"; read_extra_words; printf "%s\\n" = "$trusts_all" "${extra_words[@]}"';
  const lines = shell(script, [], { DIB_DEBOOTSTRAP_EXTRA_ARGS });
  const [trusts, ...words] = lines.slice(lines.indexOf('=') + 1);
  return { words, trusts, said: lines.slice(0, lines.indexOf('=')) };
}

function shell(script: string, words: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const { stdout, stderr, status } = spawnSync(
    'bash',
    [
      '--norc',
      '-c',
      `set -eu -o pipefail; ${script}`,
      resolve('elements/debootstrap/lib/extra-words.bash'),
      ...words,
    ],
    { env: { PATH: process.env['PATH'], ...settings }, encoding: 'utf8' },
  );
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').slice(0, -1);
}

function file(path: string, text: string): void {
  mkdirSync(dirname(join(machine, path)), { recursive: true });
  writeFileSync(join(machine, path), text);
}

function repositories(settings: Readonly<Record<string, string>> = {}): readonly string[] {
  const script = 'set -eu -o pipefail; source "$0"; repository_lines "$1"';
  const env = { PATH: process.env['PATH'], DISTRO_NAME: 'debian', DIB_RELEASE: 'bookworm', ...settings };
  const { stdout, stderr, status } = spawnSync('bash', ['--norc', '-c', script, library, machine], {
    env,
    encoding: 'utf8',
  });
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  return stdout.split('\n').slice(0, -1);
}
