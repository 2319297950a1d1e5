// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

let place: string;

/** `sudo` runs its words but for what only root may ask for. */
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'dib-apt-test-'));
  mkdirSync(join(place, 'tree'));
  writeFileSync(
    join(place, 'sudo'),
    '#!/bin/bash\n[ "$1" = install ] || exec "$@"\nwords=()\nfor word in "$@"; do case $word in -o|-g|root) ;; *) words+=("$word") ;; esac; done\nexec "${words[@]}"\n',
  );
  chmodSync(join(place, 'sudo'), 0o755);
});
afterEach(() => rmSync(place, { recursive: true }));

function write(path: string, text: string): string {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
  return join(place, path);
}

const inTree = (path: string): string => readFileSync(join(place, 'tree', path), 'utf8');

function run(hook: string, environment: Readonly<Record<string, string>>): unknown {
  const { status, stdout, stderr } = spawnSync(resolve('elements', hook), {
    env: {
      PATH: `${place}:${process.env['PATH'] ?? ''}`,
      TMP_MOUNT_PATH: join(place, 'tree'),
      TARGET_ROOT: join(place, 'tree'),
      ...environment,
    },
    encoding: 'utf8',
  });
  return { status, stdout, stderr: stderr.replaceAll(place, '{place}') };
}

const done = { status: 0, stdout: '', stderr: '' };
const refusing = (message: string): unknown => ({ status: 1, stdout: '', stderr: `${message}\n` });

describe.each([
  [
    'apt-conf/extra-data.d/99-apt-conf',
    'DIB_APT_CONF',
    'apt is configured as the image has it',
    'which is no file that can be read: name one that apt shall be configured by',
  ],
  [
    'apt-sources/extra-data.d/99-apt-sources',
    'DIB_APT_SOURCES',
    'packages come from where the image has them from',
    'which is no file that can be read and holds something: name a list of package sources',
  ],
  [
    'apt-preferences/extra-data.d/99-apt-preferences',
    'DIB_DPKG_MANIFEST',
    'no version of a package is preferred',
    'which is no file that can be read: name a file dib-manifest-dpkg-IMAGE of an earlier build',
  ],
])('%s', (hook, variable, nothing, refusal) => {
  test('does nothing without a word', () => {
    expect(run(hook, {})).toEqual({ status: 0, stdout: `${variable} is not set: ${nothing}\n`, stderr: '' });
    expect(readdirSync(join(place, 'tree'))).toEqual([]);
  });

  test.each(['lost', 'tree'])('refuses what is no file: %s', (name) => {
    expect(run(hook, { [variable]: join(place, name) })).toEqual(
      refusing(`${variable} is {place}/${name}, ${refusal}`),
    );
    expect(readdirSync(join(place, 'tree'))).toEqual([]);
  });
});

describe('apt-sources', () => {
  test.each([
    ['deb http://example.org stable main\n', 'sources.list'],
    [
      'Types: deb\nURIs: http://example.org\nSuites: stable\nComponents: main\n',
      'sources.list.d/dib.sources',
    ],
  ])('puts %j into %s, and takes the others away', (text, path) => {
    write('tree/etc/apt/sources.list', 'deb http://old.example.org stable main\n');
    write('tree/etc/apt/sources.list.d/debian.sources', 'Types: deb\n');
    const hook = 'apt-sources/extra-data.d/99-apt-sources';
    expect(run(hook, { DIB_APT_SOURCES: write('sources', text) })).toEqual(done);
    expect(inTree(`etc/apt/${path}`)).toBe(text);
    const names = readdirSync(join(place, 'tree/etc/apt'), { recursive: true, withFileTypes: true });
    expect(names.filter((entry) => entry.isFile())).toHaveLength(1);
  });

  test('refuses an empty list', () => {
    const hook = 'apt-sources/extra-data.d/99-apt-sources';
    expect(run(hook, { DIB_APT_SOURCES: write('sources', '') })).toMatchObject({ status: 1 });
  });
});

describe('apt-preferences', () => {
  const hook = 'apt-preferences/extra-data.d/99-apt-preferences';

  test.each([
    ['{"packages": []}', 'is no manifest of packages'],
    ['{"packages": [{"package": "a b", "version": "1"}]}', 'is no manifest of packages'],
    ['{"packages": [{"package": "vim"}]}', 'is no manifest of packages'],
    ['nothing of the sort', 'is no manifest of packages'],
  ])('refuses %s', (text, message) => {
    expect(run(hook, { DIB_DPKG_MANIFEST: write('manifest', text) })).toEqual(
      refusing(
        `DIB_DPKG_MANIFEST is {place}/manifest, which ${message}: name a file dib-manifest-dpkg-IMAGE of an earlier build`,
      ),
    );
    expect(readdirSync(join(place, 'tree'))).toEqual([]);
  });

  test('takes a manifest on one line', () => {
    const manifest = '{"packages":[{"package":"vim","version":"2:9.0.1378-2","arch":"amd64"}]}';
    expect(run(hook, { DIB_DPKG_MANIFEST: write('manifest', manifest) })).toEqual(done);
    expect(inTree('etc/apt/preferences')).toBe(
      'Package: vim\nPin: version 2:9.0.1378-2\nPin-Priority: 1001\n',
    );
  });
});

describe('openstack-ci-mirrors', () => {
  const hook = 'openstack-ci-mirrors/root.d/09-openstack-ci-yum-repos';

  test.each(['gpgcheck=0', ' gpgcheck = no', 'sslverify=False'])('refuses repositories with %s', (line) => {
    write('repos/good.repo', '[good]\ngpgcheck=1\n');
    write('repos/bad.repo', `[bad]\n${line}\n`);
    expect(run(hook, { DIB_OS_CI_YUM_REPOS: join(place, 'repos') })).toEqual(
      refusing(
        [
          'repositories must be checked, and these are not:',
          `{place}/repos/bad.repo:2:${line}`,
          'name the key that signs in gpgkey=, and the authority of the server in sslcacert=',
        ].join('\n'),
      ),
    );
    expect(readdirSync(join(place, 'tree'))).toEqual([]);
  });

  test('takes the others', () => {
    write('repos/good.repo', '[good]\ngpgcheck=1\n');
    expect(run(hook, { DIB_OS_CI_YUM_REPOS: join(place, 'repos') })).toEqual(done);
    expect(inTree('etc/yum.repos.d/good.repo')).toBe('[good]\ngpgcheck=1\n');
    expect(run(hook, {})).toEqual(done);
    expect(run(hook, { DIB_OS_CI_YUM_REPOS: join(place, 'lost') })).toEqual(
      refusing(
        'DIB_OS_CI_YUM_REPOS is {place}/lost, which is no directory: name one that holds files *.repo',
      ),
    );
  });

  test.each([
    ['debian', '', 'https://m.example.org/debian'],
    ['debian', 'https://own.example.org', 'https://own.example.org'],
    ['ubuntu', '', 'https://m.example.org/ubuntu'],
    ['centos', '', 'unset'],
  ])('gives %s with DIB_DISTRIBUTION_MIRROR=%s its mirror', (distribution, own, mirror) => {
    const info = write(
      'info.sh',
      'export NODEPOOL_DEBIAN_MIRROR=https://m.example.org/debian\nNODEPOOL_UBUNTU_MIRROR=https://m.example.org/ubuntu\n',
    );
    const file = resolve('elements/openstack-ci-mirrors/environment.d/20-openstack-ci-mirrors.bash');
    const script = `set -eu -o pipefail; source ${file}; bash -c 'echo "\${DIB_DISTRIBUTION_MIRROR:-unset}"'`;
    const { stdout } = spawnSync('bash', ['-c', script], {
      env: {
        PATH: process.env['PATH'],
        DISTRO_NAME: distribution,
        DIB_OS_CI_MIRROR_INFO: info,
        ...(own === '' ? {} : { DIB_DISTRIBUTION_MIRROR: own }),
      },
      encoding: 'utf8',
    });
    expect(stdout).toBe(`${mirror}\n`);
  });
});
