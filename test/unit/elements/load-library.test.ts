// SPDX-License-Identifier: Apache-2.0
import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

import { afterEach, beforeEach, describe, expect, test } from 'vitest';

import { realElementFiles } from '../../../lib/elements/element-files.ts';
import { loadClosure, loadLibrary } from '../../../lib/elements/load-library.ts';
import type { LoadedElement } from '../../../lib/elements/read-element.ts';
import { elementName, hostPath } from '../../../lib/model/brands.ts';

let root = '';
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'library-'));
  await mkdir(join(root, 'e/one/install.d/deeper'), { recursive: true });
  await writeFile(join(root, 'e/one/install.d/10-run'), 'run\n');
  await chmod(join(root, 'e/one/install.d/10-run'), 0o755);
  await writeFile(join(root, 'e/one/install.d/deeper/file'), 'deep\n');
  await writeFile(join(root, 'e/one/element-deps'), '# all\ntwo # why\n\n  two\n');
});
afterEach(() => rm(root, { recursive: true }));

describe('an element', () => {
  test('is read two levels deep', async () => {
    await symlink('10-run', join(root, 'e/one/install.d/20-link'));
    await symlink('nowhere', join(root, 'e/one/install.d/30-broken'));
    const { element, texts } = await loaded('one');
    expect({ ...element, digest: '' }).toEqual({
      name: 'one',
      directory: join(root, 'e/one'),
      dependsOn: ['two'],
      provides: [],
      files: [
        { path: 'element-deps', kind: 'file', executable: false },
        { path: 'install.d', kind: 'directory', executable: true },
        { path: 'install.d/10-run', kind: 'file', executable: true },
        { path: 'install.d/20-link', kind: 'file', executable: true },
        { path: 'install.d/30-broken', kind: 'other', executable: false },
        { path: 'install.d/deeper', kind: 'directory', executable: true },
      ],
      digest: '',
      settings: { needs: {}, neverCached: [], outputs: [] },
    });
    expect(texts.get('install.d/20-link')).toBe('run\n');
  });

  test('is called as what a link to it points at', async () => {
    await symlink('one', join(root, 'e/alias'));
    const library = await loadLibrary([hostPath(join(root, 'e'))]);
    expect(library.ok && [...library.value.directories]).toEqual([['one', join(root, 'e/one')]]);
    expect(library.ok && library.value.hidden.size).toBe(0);
  });

  test('that the user may not read is a problem of its own', async () => {
    const path = join(root, 'e/one/secret');
    const denied = Object.assign(new Error('no'), { code: 'EACCES', path });
    const files = { ...realElementFiles, entriesBelow: () => Promise.reject(denied) };
    const library = await loadLibrary([hostPath(join(root, 'e'))]);
    if (!library.ok) throw new Error('the library is sound');
    const { loaded: read } = await loadClosure(library.value, [elementName('one')], files);
    expect(read.get(elementName('one'))?.problems).toEqual([
      {
        message: `element \`one\` cannot be read: permission is denied for ${path}`,
        hints: ['let the user who builds read it, as in: chmod -R a+rX DIRECTORY'],
      },
    ]);
  });

  test.each<readonly [string, () => Promise<void>]>([
    ['bytes deep down', () => writeFile(join(root, 'e/one/install.d/deeper/file'), 'peed\n')],
    ['a mode', () => chmod(join(root, 'e/one/install.d/10-run'), 0o700)],
    ['an empty directory', () => mkdir(join(root, 'e/one/bin'))],
    ['a hidden file', () => writeFile(join(root, 'e/one/install.d/.x'), '')],
    ['a link', () => symlink('10-run', join(root, 'e/one/install.d/11-link'))],
  ])('has another digest when %s changes', async (_, change) => {
    const before = (await loaded('one')).element.digest;
    expect((await loaded('one')).element.digest).toBe(before);
    await change();
    expect((await loaded('one')).element.digest).not.toBe(before);
  });
});

test.each([
  ['an element that tests it', 'test-elements/one-test/install.d/20-x'],
  ['a file of its own tests', 'tests/x'],
  ['a script that tests it', 'test'],
])('an element has the same digest when %s is added', async (_, path) => {
  const before = (await loaded('one')).element.digest;
  await mkdir(dirname(join(root, 'e/one', path)), { recursive: true });
  await writeFile(join(root, 'e/one', path), 'x\n');
  expect((await loaded('one')).element.digest).toBe(before);
});

async function loaded(name: string): Promise<LoadedElement> {
  const library = await loadLibrary([hostPath(join(root, 'e'))]);
  if (!library.ok) throw new Error(JSON.stringify(library.problems));
  const found = (await loadClosure(library.value, [elementName(name)])).loaded.get(elementName(name));
  if (found === undefined) throw new Error(`${name} was not loaded`);
  return found;
}
