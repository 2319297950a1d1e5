// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { runCommand } from '../support/run-command.ts';

let root: string;
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'dib-svc-map-test-'));
  write(
    'usr/share/svc-map/services.txt',
    [
      ['ssh-server', 'default', 'sshd'],
      ['ssh-server', 'debian', 'ssh'],
      ['ssh-server', 'ubuntu', 'ssh ssh-agent'],
      ['proxy', 'default', 'haproxy'],
      ['proxy', 'gentoo', ''],
    ]
      .map((row) => `${row.join('\t')}\n`)
      .join(''),
  );
});
afterEach(() => rmSync(root, { recursive: true }));

function write(path: string, text: string): void {
  mkdirSync(dirname(join(root, path)), { recursive: true });
  writeFileSync(join(root, path), text);
}

function svcMap(words: readonly string[], environment: Readonly<Record<string, string>> = {}): unknown {
  const env = { PATH: process.env['PATH'], SVC_MAP_ROOT: root, ...environment };
  const { status, stdout, stderr } = spawnSync(resolve('elements/svc-map/bin/svc-map'), words, {
    env,
    encoding: 'utf8',
  });
  return { status, stdout, stderr };
}

const printed = (...lines: readonly string[]): unknown => ({
  status: 0,
  stdout: lines.map((line) => `${line}\n`).join(''),
  stderr: '',
});

describe('svc-map', () => {
  test.each([
    [
      ['--distro', 'ubuntu', 'ssh-server', 'proxy'],
      ['ssh', 'ssh-agent', 'haproxy'],
    ],
    [['--distro=debian', 'ssh-server'], ['ssh']],
    [['--distro', 'centos7', 'ssh-server'], ['sshd']],
    [['--distro', 'gentoo', 'proxy', 'ssh-server'], ['sshd']],
  ])('%j: the nearest name counts', (words, lines) => {
    expect(svcMap(words)).toEqual(printed(...lines));
  });

  test('asks DISTRO_NAME, and the image where that is not set', () => {
    write('etc/os-release', 'NAME="Debian"\nID="debian"\n');
    expect(svcMap(['ssh-server'], { DISTRO_NAME: 'fedora' })).toEqual(printed('sshd'));
    expect(svcMap(['ssh-server'])).toEqual(printed('ssh'));
  });

  test.each([
    'usr/lib/systemd/system/ssh-server.service',
    'etc/systemd/system/ssh-server.service',
    'etc/init.d/ssh-server',
    'etc/init/ssh-server.conf',
  ])('leaves a service that the image has as %s', (path) => {
    write(path, '');
    expect(svcMap(['--distro', 'debian', 'ssh-server'])).toEqual(printed('ssh-server'));
  });

  test('names every service that nobody knows', () => {
    const unknown = (name: string): string =>
      `svc-map: there is no service ${name}, and ${root}/usr/share/svc-map/services.txt has no name for it in debian\n`;
    expect(svcMap(['--distro', 'debian', 'lost', 'proxy', 'gone'])).toEqual({
      status: 1,
      stdout: 'haproxy\n',
      stderr: unknown('lost') + unknown('gone'),
    });
  });

  test.each([[[]], [['--distro']], [['-x', 'proxy']]])('%j makes no sense', (words) => {
    expect(svcMap(words)).toEqual({
      status: 1,
      stdout: '',
      stderr: 'usage: svc-map [--distro D] NAME...\n',
    });
  });
});

describe('svc-map-merge', () => {
  const merge = (): ReturnType<typeof runCommand> => {
    const elements = { two: join(root, 'two'), one: join(root, 'one') };
    return runCommand('diskimage-builder', ['svc-map-merge', 'services'], {
      cwd: root,
      environment: { IMAGE_ELEMENT_YAML: JSON.stringify(elements) },
    });
  };

  test('writes JSON and lines', () => {
    write('one/svc-map', 'proxy: {default: haproxy}\n');
    write('two/svc-map', 'ssh-server:\n  default: sshd\n');
    expect(merge()).toEqual({ status: 0, stdout: '', stderr: '' });
    expect(JSON.parse(readFileSync(join(root, 'services'), 'utf8'))).toEqual({
      'ssh-server': { default: 'sshd' },
      proxy: { default: 'haproxy' },
    });
    expect(readFileSync(join(root, 'services.txt'), 'utf8')).toBe(
      'ssh-server\tdefault\tsshd\nproxy\tdefault\thaproxy\n',
    );
  });

  test('ends with 1 when two elements map a service, and writes nothing', () => {
    write('one/svc-map', 'proxy: haproxy\n');
    write('two/svc-map', 'proxy: squid\n');
    const { status, stderr } = merge();
    expect({ status, stderr: stderr.replaceAll(root, '{place}') }).toEqual({
      status: 1,
      stderr: [
        '{place}/one/svc-map:1:1: service `proxy` is mapped twice',
        '  1 | proxy: haproxy',
        '    | ^',
        '  the other one is in {place}/two/svc-map, line 1: leave one out',
        '',
      ].join('\n'),
    });
    expect(readdirSync(root).sort()).toEqual(['one', 'two', 'usr']);
  });
});
