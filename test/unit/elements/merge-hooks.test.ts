// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import { mergeHooks } from '../../../lib/elements/merge-hooks.ts';
import { elementName, hostPath } from '../../../lib/model/brands.ts';
import type { Element, ElementFile } from '../../../lib/model/element.ts';

describe('mergeHooks', () => {
  test('orders hooks by phase, number and name', () => {
    const merged = mergeHooks([
      element('vm', ['finalise.d/10-x', 'install.d/100-last', 'install.d/99-before', 'cleanup.d/1']),
      element('base', ['install.d/01-a', 'install.d/1-b', 'install.d/plain', 'root.d/50-root']),
    ]);
    expect(merged.ok ? merged.value.hooks.map((hook) => Object.values(hook).join(' ')) : merged).toEqual([
      'root.d base 50-root',
      'install.d base plain',
      'install.d base 01-a',
      'install.d base 1-b',
      'install.d vm 99-before',
      'install.d vm 100-last',
      'finalise.d vm 10-x',
      'cleanup.d vm 1',
    ]);
    expect(merged.ok ? merged.value.notes : merged).toEqual([]);
  });

  test('refuses the same file from two elements, hooks or not, all of them at once', () => {
    const merged = mergeHooks([
      element('one', ['install.d/10-x', 'bin/tool', 'environment.d/10-env']),
      element('two', ['install.d/10-x', 'bin/tool', 'environment.d/10-env']),
    ]);
    expect(merged.ok ? [] : merged.problems).toEqual(
      ['install.d/10-x', 'bin/tool', 'environment.d/10-env'].map((path) => ({
        message: `elements \`one\` and \`two\` both have ${path}`,
        hints: [`rename /e/one/${path} or /e/two/${path}, or leave one element out`],
      })),
    );
  });

  test('merges directories silently, and never tests, caches and hidden files', () => {
    const shared = [
      'tests/10-x',
      'test-elements/x',
      '__pycache__/x',
      'install.d/.swp',
      '.hidden/x',
      '.gitignore',
    ];
    const merged = mergeHooks([
      element('one', [
        ...shared,
        { path: 'install.d/x-source-install', kind: 'directory', executable: true },
      ]),
      element('two', [
        ...shared,
        { path: 'install.d/x-source-install', kind: 'directory', executable: true },
      ]),
    ]);
    expect(merged).toEqual({ ok: true, value: { hooks: [], notes: [] } });
  });

  test('notes what looks like a hook and does not run', () => {
    const merged = mergeHooks([
      element('one', [
        { path: 'install.d/10-forgotten', kind: 'file', executable: false },
        { path: 'install.d/tool@.service', kind: 'file', executable: false },
        { path: 'environment.d/10-env.bash', kind: 'file', executable: false },
        'install.d/20-script.sh',
        { path: 'install.d/beside.repo', kind: 'file', executable: false },
        { path: 'install.d/README.rst', kind: 'file', executable: false },
      ]),
    ]);
    expect(merged).toEqual({
      ok: true,
      value: {
        hooks: [],
        notes: [
          'one/install.d/10-forgotten does not run: it is not executable',
          'one/install.d/20-script.sh does not run: its name is none that hooks have',
        ],
      },
    });
  });

  test('takes other names with RUN_PARTS_REGEX', () => {
    const merged = mergeHooks([element('one', ['install.d/a.sh', 'install.d/a'])], '^[[:alnum:]]+\\.sh$');
    expect(merged.ok ? merged.value.hooks.map(({ script }) => script) : merged).toEqual(['a.sh']);
    const broken = mergeHooks([], '[');
    expect(broken.ok ? '' : broken.problems[0]?.message).toBe('RUN_PARTS_REGEX is no regular expression: [');
  });

  test('notes top-level files of the same name, except those that every element has', () => {
    const own = ['README.md', 'element-deps', 'package-installs.yaml', 'pkg-map', 'element.yaml', 'test'];
    const merged = mergeHooks([
      element('one', [...own, 'source-repository-x']),
      element('two', [...own, 'source-repository-x']),
    ]);
    expect(merged.ok ? merged.value.notes : merged).toEqual([
      'both one and two have a top-level file source-repository-x: hooks see that of two',
    ]);
  });
});

function element(name: string, files: readonly (string | ElementFile)[]): Element {
  return {
    name: elementName(name),
    directory: hostPath(`/e/${name}`),
    dependsOn: [],
    provides: [],
    files: files.map((file) =>
      typeof file === 'string' ? { path: file, kind: 'file', executable: true } : file,
    ),
    digest: '',
    settings: { needs: {}, neverCached: [], outputs: [] },
  };
}
