// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath } from '../../../../lib/model/brands.ts';
import type { TreeReader } from '../../../../lib/ramdisk/tree-reader.ts';
import { realTreeReader } from '../../../../lib/worker/ramdisk/real-tree-reader.ts';

let outside = '';
let root = '';
let reader: TreeReader;
beforeEach(() => {
  outside = mkdtempSync(join(tmpdir(), 'dib-reader-'));
  root = join(outside, 'tree');
  mkdirSync(join(root, 'usr/bin'), { recursive: true, mode: 0o755 });
  writeFileSync(join(outside, 'secret'), 'secret');
  writeFileSync(join(root, 'usr/bin/tool'), 'a tool');
  chmodSync(join(root, 'usr/bin/tool'), 0o4755);
  reader = realTreeReader(hostPath(root));
});
afterEach(() => rmSync(outside, { recursive: true, force: true }));

const link = (path: string, text: string): void => symlinkSync(text, join(root, path));

const tool = { path: '/usr/bin/tool', kind: 'file', mode: 0o4755, size: 6 };

describe('a path leads to', () => {
  test('a file, with its mode and size', () => {
    expect(reader.find('/usr/bin/tool')).toEqual({ ...tool, links: [] });
    expect(reader.find('usr//./bin/../bin/tool')).toEqual({ ...tool, links: [] });
  });

  test('a directory', () => {
    const { mode, kind, path } = reader.find('/usr/bin/') ?? {};
    expect({ mode, kind, path }).toEqual({ mode: 0o755, kind: 'directory', path: '/usr/bin' });
    expect(reader.find('/')?.path).toBe('/');
    expect(reader.find('')?.kind).toBe('directory');
  });

  test('something else', () => {
    expect(realTreeReader(hostPath('/')).find('/dev/null')?.kind).toBe('other');
  });

  test('what links say, all of them in order', () => {
    link('bin', 'usr/bin');
    link('usr/bin/alias', '/etc/alternatives/alias');
    mkdirSync(join(root, 'etc/alternatives'), { recursive: true });
    link('etc/alternatives/alias', '../../bin/tool');
    expect(reader.find('/bin/alias')).toEqual({
      ...tool,
      links: [
        { path: '/bin', text: 'usr/bin' },
        { path: '/usr/bin/alias', text: '/etc/alternatives/alias' },
        { path: '/etc/alternatives/alias', text: '../../bin/tool' },
        { path: '/bin', text: 'usr/bin' },
      ],
    });
  });

  test('nothing', () => {
    link('dangling', '/nowhere');
    link('round', 'about');
    link('about', 'round');
    for (const path of [
      '/none',
      '/none/file',
      '/usr/bin/tool/x',
      '/usr/bin/tool/..',
      '/dangling',
      '/round',
      '/a\0b',
    ])
      expect(reader.find(path)).toBeNull();
    expect(reader.find(`/${'x'.repeat(300)}`)).toBeNull();
    expect(reader.find(`${'/usr/..'.repeat(584)}/usr`)).not.toBeNull();
    expect(reader.find(`${'/usr/..'.repeat(585)}/usr`)).toBeNull();
  });

  test('at most 40 links on', () => {
    link('link0', 'usr/bin/tool');
    for (let number = 1; number <= 40; number += 1) link(`link${number}`, `link${number - 1}`);
    expect(reader.find('/link39')?.links).toHaveLength(40);
    expect(reader.find('/link40')).toBeNull();
  });

  test('no place outside of the tree', () => {
    link('absolute', join(outside, 'secret'));
    link('relative', '../secret');
    link('top', '/../../usr');
    for (const path of ['/absolute', '/relative', '/../secret', `/..${outside}/secret`, '/top/../../secret'])
      expect(reader.find(path)).toBeNull();
    expect(reader.find('/top/../../usr/bin/tool')?.path).toBe('/usr/bin/tool');
  });
});

test('names of a directory are sorted by their bytes', () => {
  for (const name of ['b', 'a', 'B', 'é']) writeFileSync(join(root, 'usr', name), '');
  link('link', 'usr');
  expect(reader.namesIn('/link')).toEqual(['B', 'a', 'b', 'bin', 'é']);
  expect(reader.namesIn('/usr/a')).toEqual([]);
  expect(reader.namesIn('/none')).toEqual([]);
});

test('files are read whole, or in part', () => {
  link('bin', 'usr/bin');
  const text = (part?: { readonly offset: number; readonly length: number }): string =>
    Buffer.from(reader.read('/bin/tool', part)).toString();
  expect(text()).toBe('a tool');
  expect(text({ offset: 2, length: 3 })).toBe('too');
  expect(text({ offset: 2, length: 300 })).toBe('tool');
  expect(text({ offset: 20, length: 3 })).toBe('');
  expect(() => reader.read('/bin')).toThrow(`/bin is no file of ${root}`);
  expect(() => reader.read('/none')).toThrow(`/none is no file of ${root}`);
});
