// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import type { LocatedValue } from '../../../lib/yaml/located-yaml.ts';
import { locationOf, parseYaml, problemAt } from '../../../lib/yaml/located-yaml.ts';

const text = `- local_loop:
    name: image0
    size: 10GiB
- partitioning:
    base: image0
    partitions: [{name: root, flags: [ boot, primary ]}]
`;

describe('parseYaml', () => {
  test('gives plain data', () => {
    expect(parsed(text).value).toEqual([
      { local_loop: { name: 'image0', size: '10GiB' } },
      { partitioning: { base: 'image0', partitions: [{ name: 'root', flags: ['boot', 'primary'] }] } },
    ]);
  });

  test('reads YAML 1.1 as Python does, but leaves dates alone', () => {
    const value = parsed('a: yes\nb: 0x83\nc: &x {d: 1}\ne: {<<: *x, f: 2}\ng: 2024-01-31\nh:\n').value;
    expect(parsed('y: [n, no, Off, On, NULL, 010, 1_000]').value).toEqual({
      y: ['n', false, false, true, null, 8, 1000],
    });
    expect(value).toEqual({ a: true, b: 131, c: { d: 1 }, e: { d: 1, f: 2 }, g: '2024-01-31', h: null });
  });

  test.each([
    ['an empty text', '', null],
    ['only a comment', '# nothing\n', null],
    ['JSON indented by tabs', '{\n\t"linux": null,\n\t"a": [1, "x"]\n}\n', { linux: null, a: [1, 'x'] }],
  ])('reads %s', (_, source, value) => {
    expect(parsed(source).value).toEqual(value);
  });

  test.each([
    ['a: [1, 2\nb: 3\n', { line: 2, column: 1, text: 'b: 3' }],
    ['a: 1\na: 2\n', { line: 2, column: 1, text: 'a: 2' }],
    ['a: 1\n--- \nb: 2\n', { line: 2, column: 1, text: '--- ' }],
  ])('says where %j is wrong', (source, place) => {
    const result = parseYaml(source, 'x.yaml');
    expect(result.ok ? [] : result.problems.map(({ location }) => location)).toContainEqual({
      path: 'x.yaml',
      ...place,
    });
  });

  test('refuses an alias without an anchor', () => {
    const result = parseYaml('a: *missing\n', 'x.yaml');
    expect(result.ok).toBe(false);
  });
});

describe('locationOf', () => {
  test('is the place of a key, an item, or the nearest part around what is missing', () => {
    const document = parsed(text);
    expect(locationOf(document, [0, 'local_loop', 'size'])).toEqual({
      path: 'x.yaml',
      line: 3,
      column: 5,
      text: '    size: 10GiB',
    });
    expect(locationOf(document, [1, 'partitioning', 'partitions', 0, 'flags', 1])).toMatchObject({
      line: 6,
      column: 46,
    });
    expect(locationOf(document, [1, 'partitioning', 'label'])).toMatchObject({ line: 4, column: 3 });
    expect(locationOf(parsed(''), ['a'])).toEqual({ path: 'x.yaml' });
  });

  test('makes a problem', () => {
    const problem = problemAt(parsed('a: 1'), ['a'], { message: 'a is too small', hints: ['make it 2'] });
    expect(problem).toEqual({
      message: 'a is too small',
      hints: ['make it 2'],
      location: { path: 'x.yaml', line: 1, column: 1, text: 'a: 1' },
    });
  });
});

function parsed(source: string): LocatedValue {
  const result = parseYaml(source, 'x.yaml');
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value;
}
