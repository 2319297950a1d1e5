// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { ServiceMap } from '../../../lib/elements/service-map.ts';
import { mergeServiceMaps, serviceMapLines } from '../../../lib/elements/service-map.ts';
import { hostPath } from '../../../lib/model/brands.ts';
import type { Result } from '../../../lib/model/problem.ts';
import { memoryElementFiles } from '../../support/memory-element-files.ts';

const merge = (files: Readonly<Record<string, string>>): Promise<Result<ServiceMap>> =>
  mergeServiceMaps(['/e/one', '/e/two', '/e/three'].map(hostPath), memoryElementFiles(files));

test('the maps of all elements become one', async () => {
  const merged = await merge({
    '/e/one/svc-map': 'ssh-server: {default: sshd, debian: ssh}\nproxy: haproxy\n',
    '/e/three/svc-map': '# none yet\n',
    '/e/two/svc-map': '{"database": {"default": ["db", "db-log"], "gentoo": ""}}',
  });
  expect(merged).toEqual({
    ok: true,
    value: {
      'ssh-server': { default: 'sshd', debian: 'ssh' },
      proxy: { default: 'haproxy' },
      database: { default: 'db db-log', gentoo: '' },
    },
  });
  expect(merged.ok && serviceMapLines(merged.value)).toBe(
    [
      'ssh-server\tdefault\tsshd\n',
      'ssh-server\tdebian\tssh\n',
      'proxy\tdefault\thaproxy\n',
      'database\tdefault\tdb db-log\n',
      'database\tgentoo\t\n',
    ].join(''),
  );
});

test('without any the map is empty', async () => {
  expect(await merge({})).toEqual({ ok: true, value: {} });
});

test('a service mapped twice is a problem that names both places', async () => {
  const merged = await merge({
    '/e/one/svc-map': 'a: x\nproxy: haproxy\n',
    '/e/two/svc-map': 'proxy: squid\n',
  });
  expect(merged).toEqual({
    ok: false,
    problems: [
      {
        message: 'service `proxy` is mapped twice',
        location: { path: '/e/two/svc-map', line: 1, column: 1, text: 'proxy: squid' },
        hints: ['the other one is in /e/one/svc-map, line 2: leave one out'],
      },
    ],
  });
});

test('all that makes no sense is told at once, with its place', async () => {
  const merged = await merge({
    '/e/one/svc-map': '- a\n',
    '/e/two/svc-map': 'a:\nb: {default: 3}\nc: {default: []}\nd: "x\\ty"\n',
    '/e/three/svc-map': 'a: {',
  });
  const problems = merged.ok ? [] : merged.problems;
  expect(
    problems.map(({ message, location }) => `${location?.path}:${location?.line}: ${message}`).slice(0, 5),
  ).toEqual([
    '/e/one/svc-map:1: svc-map must be a map of services',
    '/e/two/svc-map:1: svc-map says nothing of service `a`',
    '/e/two/svc-map:2: svc-map has no name for service `b` in `default`',
    '/e/two/svc-map:3: svc-map has no name for service `c` in `default`',
    '/e/two/svc-map:4: svc-map says nothing of service `d`',
  ]);
  expect(problems.at(-1)?.location?.path).toBe('/e/three/svc-map');
});
