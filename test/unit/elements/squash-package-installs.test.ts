// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { afterEach, beforeEach, expect, test } from 'vitest';

import { squashPackageInstalls } from '../../../lib/elements/squash-package-installs.ts';
import { elementName, hostPath } from '../../../lib/model/brands.ts';
import type { Result } from '../../../lib/model/problem.ts';
import { memoryElementFiles } from '../../support/memory-element-files.ts';

let directory = '';
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'squash-'));
});
afterEach(() => rm(directory, { recursive: true }));

test('writes JSON, and the same as text beside it', async () => {
  const result = await squash('linux:\nnano: {uninstall: , when: DIB_SMALL = 1}\n', { DIB_SMALL: '1' });
  expect(result).toEqual({ ok: true, value: undefined });
  expect(JSON.parse(await readFile(join(directory, 'package-installs.json'), 'utf8'))).toEqual({
    'install.d': { install: [['linux', 'one']], uninstall: [['nano', 'one']] },
  });
  expect(await readFile(join(directory, 'package-installs.txt'), 'utf8')).toBe(
    'install.d\tinstall\tlinux\tone\ninstall.d\tuninstall\tnano\tone\n',
  );
});

test('writes nothing when something is wrong', async () => {
  const result = await squash('linux: {when: DIB_SMALL = 1}\n', {});
  expect(result.ok).toBe(false);
  expect(await readdir(directory)).toEqual([]);
});

test('finds an element that the search path has under another name', async () => {
  const outFile = hostPath(join(directory, 'package-installs.json'));
  const files = memoryElementFiles({ '/elsewhere/one/package-installs.yaml': 'nano:\n' });
  const request = { elements: [elementName('one')], path: [hostPath('/e')], outFile };
  const environment = { IMAGE_ELEMENT_YAML: '{"one":"/elsewhere/one"}' };
  expect(await squashPackageInstalls({ ...request, environment }, files)).toEqual({
    ok: true,
    value: undefined,
  });
  expect(await readFile(join(directory, 'package-installs.txt'), 'utf8')).toBe(
    'install.d\tinstall\tnano\tone\n',
  );
});

function squash(text: string, environment: Readonly<Record<string, string>>): Promise<Result<void>> {
  return squashPackageInstalls(
    {
      elements: [elementName('one')],
      path: [hostPath('/e')],
      outFile: hostPath(join(directory, 'package-installs.json')),
      environment,
    },
    memoryElementFiles({ '/e/one/package-installs.yaml': text }),
  );
}
