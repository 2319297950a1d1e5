// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const library = resolve('elements/source-repositories/lib');
const digest = 'a'.repeat(64);

let place: string;
beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'dib-source-repositories-test-'))));
afterEach(() => rmSync(place, { recursive: true }));

type Surroundings = Readonly<Record<string, string>>;

function bash(script: string, environment: Surroundings = {}): unknown {
  const sources = ['lines', 'git', 'files'].map(
    (part) => `source ${library}/source-repository-${part}.bash\n`,
  );
  const { status, stdout, stderr } = spawnSync(
    'bash',
    ['-c', `set -eu -o pipefail\n${sources.join('')}${script}`],
    {
      env: { PATH: process.env['PATH'], HOME: place, ...environment },
      encoding: 'utf8',
    },
  );
  return { status, stdout, stderr: stderr.replaceAll(place, '{place}') };
}

/** What lines mean: name, type, place, location, ref and checksum with bars between. */
function read(text: string, environment: Surroundings = {}): unknown {
  const file = join(place, 'source-repository-x');
  writeFileSync(file, text);
  const functions = `function get_image_element_array { :; }
function take_repository { echo "$repository|$type|$dest|$location|$ref|$checksum"; }`;
  return bash(`${functions}\nread_repositories ${file}`, environment);
}

const said = (...lines: readonly string[]): unknown => ({
  status: 0,
  stdout: lines.map((line) => `${line}\n`).join(''),
  stderr: '',
});

describe('a line', () => {
  test.each([
    ['a git /opt/a https://example.org/a', 'a|git|/opt/a|https://example.org/a||'],
    ['a git /opt/a https://example.org/a v1', 'a|git|/opt/a|https://example.org/a|v1|'],
    ['a git /opt/a https://example.org/a *', 'a|git|/opt/a|https://example.org/a|*|'],
    ['a tar /opt/a https://example.org/a.tar.gz .', 'a|tar|/opt/a|https://example.org/a.tar.gz|.|'],
    ['a  file   /opt/a\thttps://example.org/a', 'a|file|/opt/a|https://example.org/a||'],
    ['a package', 'a|package||||'],
    ['a package /opt/a https://example.org/a', 'a|package|/opt/a|https://example.org/a||'],
    ['a file /opt/a "https://example.org/?a=1&b=2"', 'a|file|/opt/a|https://example.org/?a=1&b=2||'],
    ['a file /opt/a $HOST/a # of theirs', 'a|file|/opt/a|https://of.env/a||'],
    [`a tar /opt/a /a.tar sha256:${digest}`, `a|tar|/opt/a|/a.tar||sha256:${digest}`],
    [`a tar /opt/a /a.tar a-1 sha256:${digest}`, `a|tar|/opt/a|/a.tar|a-1|sha256:${digest}`],
  ])('%s', (line, meaning) => {
    expect(read(`${line}\n`, { HOST: 'https://of.env' })).toEqual(said(meaning));
  });

  test('may end without a newline, as Windows does, or be nothing', () => {
    expect(read('\n# a comment\n\na package\r\nb package')).toEqual(said('a|package||||', 'b|package||||'));
  });

  test.each([
    ['a git', 'its line says nothing of where it goes'],
    [
      'a hg /opt/a https://example.org/a',
      'its line is none that is known: a hg /opt/a https://example.org/a',
    ],
    ['a git /a /b c d', 'its line is none that is known: a git /a /b c d'],
    ['a git /a /b --upload-pack=x', 'its ref is --upload-pack=x'],
    ['a file /a /b sha256:abc', 'its checksum is sha256:abc'],
    [`a git /a /b sha256:${digest}`, `its checksum is sha256:${digest}`],
    ['a file /a "/b', 'its line cannot be expanded: a file /a "/b'],
  ])('%s is refused', (line, message) => {
    const { status, stderr } = read(`\n${line}\n`) as { status: number; stderr: string };
    const [first = ''] = stderr.split('\n').filter((text) => text.startsWith('source repository'));
    expect({ status, message: first.replace(/^source repository( a)? /, '') }).toEqual({
      status: 1,
      message: `({place}/source-repository-x:2): ${message}`,
    });
  });
});

describe('variables', () => {
  test('say otherwise, with _ for what a name of a variable cannot have', () => {
    const environment = {
      DIB_REPOTYPE_a_b_c: 'tar',
      DIB_REPOLOCATION_a_b_c: 'https://example.org/c.tar',
      DIB_REPOREF_a_b_c: 'c-1',
      DIB_REPOCHECKSUM_a_b_c: `sha256:${digest}`,
    };
    expect(read('a-b.c git /opt/a /a\n', environment)).toEqual(
      said(`a-b.c|tar|/opt/a|https://example.org/c.tar|c-1|sha256:${digest}`),
    );
  });

  test('none takes a checksum back', () => {
    expect(read(`a file /a /b sha256:${digest}\n`, { DIB_REPOCHECKSUM_a: 'none' })).toEqual(
      said('a|file|/a|/b||'),
    );
  });

  test('a type that is none is refused', () => {
    expect(read('a git /a /b\n', { DIB_REPOTYPE_a: 'svn' })).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'source repository a ({place}/source-repository-x:1): DIB_REPOTYPE_a is svn\n' +
        '    it has to be git, tar, file or package\n',
    });
  });

  test.each([
    ['https://example.org/team/a.git', 'git://mirror/base/team/a.git'],
    ['ssh://git@example.org:29418/team/a', 'git://mirror/base/team/a'],
    ['git@example.org:team/a.git', 'git://mirror/base/team/a.git'],
    ['file:///srv/a', 'file:///srv/a'],
    ['/srv/a', '/srv/a'],
  ])('DIB_GITREPOBASE makes %s %s', (location, elsewhere) => {
    const environment = { DIB_GITREPOBASE: 'git://mirror/base/' };
    expect(read(`a git /a ${location}\n`, environment)).toEqual(said(`a|git|/a|${elsewhere}||`));
  });

  test('DIB_GITREPOBASE is for git, and not for what was told its place', () => {
    const environment = { DIB_GITREPOBASE: 'git://mirror', DIB_REPOLOCATION_b: 'https://own/b' };
    expect(read('a tar /a https://example.org/a\nb git /b https://example.org/b\n', environment)).toEqual(
      said('a|tar|/a|https://example.org/a||', 'b|git|/b|https://own/b||'),
    );
  });
});

test.each([
  ['https://ada:secret@example.org/a', 'https://example.org/a'],
  ['https://token@example.org/a', 'https://example.org/a'],
  ['ssh://git@example.org/a', 'ssh://git@example.org/a'],
  ['ssh://git:secret@example.org/a', 'ssh://git@example.org/a'],
  ['git@example.org:a', 'git@example.org:a'],
  ['/srv/a@b', '/srv/a@b'],
])('of %s is recorded %s', (location, recorded) => {
  expect(bash(`without_credentials '${location}'`)).toEqual(said(recorded));
});

describe('git', () => {
  const prepare = (script: string, environment: Surroundings): unknown =>
    bash(
      `work=${place} repository=a wanted_by=x:1 location=https://git.example.org/a ref= default_ref=master
prepare_git ${place}/cache ${place}/tree
${script}`,
      environment,
    );

  test.each([
    [{ GIT_SSL_NO_VERIFY: '1' }, ''],
    [{ GIT_CONFIG_COUNT: '1', GIT_CONFIG_KEY_0: 'http.sslVerify', GIT_CONFIG_VALUE_0: 'off' }, ''],
    [{}, '[http]\n    sslVerify = false\n'],
    [{}, '[http "https://git.example.org"]\n    sslVerify = no\n'],
  ])('that is told to trust any server, by %j and %j, is refused', (environment, configuration) => {
    writeFileSync(join(place, '.gitconfig'), configuration);
    expect(prepare('echo went on', environment)).toEqual({
      status: 1,
      stdout: '',
      stderr:
        'source repository a (x:1): git is told not to check the certificates of servers, by GIT_SSL_NO_VERIFY or http.sslVerify\n' +
        "    take that back, and name the server's authority in http.sslCAInfo or GIT_SSL_CAINFO\n",
    });
  });

  test('that trusts another server blindly is none of our business', () => {
    writeFileSync(join(place, '.gitconfig'), '[http "https://other.example.org"]\n    sslVerify = no\n');
    expect(prepare('echo went on', {})).toEqual(said('went on'));
  });

  test('reaches servers over ssh with what the caller keeps in HOME, and by the command the caller has set', () => {
    mkdirSync(join(place, '.ssh'));
    for (const name of ['config', 'id_ed25519', 'id_ed25519.pub'])
      writeFileSync(join(place, '.ssh', name), '');
    expect(prepare('echo "$GIT_SSH_COMMAND"', {})).toEqual(
      said(
        `ssh -F ${place}/.ssh/config -o UserKnownHostsFile=${place}/.ssh/known_hosts -i ${place}/.ssh/id_ed25519 `,
      ),
    );
    expect(prepare('echo "$GIT_SSH_COMMAND"', { GIT_SSH_COMMAND: 'ssh -v' })).toEqual(said('ssh -v'));
  });

  test('does not take the repository of a hook that builds for its own', () => {
    expect(prepare('echo "${GIT_DIR:-unset}"', { GIT_DIR: '/elsewhere/.git' })).toEqual(said('unset'));
  });
});
