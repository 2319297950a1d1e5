// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { lintFile } from '../../../lib/lint/lint-file.ts';

const roleOf = (path: string, text: string, mode = 0o644): string =>
  lintFile({ path, kind: 'file', link: null, mode, content: new TextEncoder().encode(text) }).role;

describe('a file of a phase', () => {
  test.each([
    ['install.d/50-run', 'echo', 0o755],
    ['install.d/run.sh', 'echo', 0o755],
    ['install.d/50-forgotten', 'echo', 0o644],
    ['install.d/60-forgotten.sh', 'echo', 0o644],
    ['install.d/forgotten', '#!/bin/bash\n', 0o644],
    ['install.d/x-source-install/50-forgotten', 'echo', 0o644],
  ])('%s is a hook, to run or to be told of', (path, text, mode) => {
    expect(roleOf(path, text, mode)).toBe('hook');
  });

  test.each([
    ['install.d/README.rst', '# words'],
    ['pre-install.d/vendor.repo', '[vendor]'],
    ['install.d/service', 'service x {}'],
    ['install.d/patch.py', 'import os'],
    ['install.d/x-source-install/words', 'a b'],
  ])('%s lies there to be read or copied', (path, text) => {
    expect(roleOf(path, text)).toBe('other');
  });
});
