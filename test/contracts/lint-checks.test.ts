// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { lintChecks } from '../../lib/lint/checks/index.ts';
import type { Finding } from '../../lib/lint/finding.ts';
import type { LintCheck } from '../../lib/lint/lint-check.ts';
import { keptFindings, lintElements } from '../../lib/lint/lint-elements.ts';
import type { LintTree } from '../../lib/lint/lint-tree.ts';
import { loadLintTree } from '../../lib/lint/lint-tree.ts';
import { hostPath } from '../../lib/model/brands.ts';
import { memoryElementFiles } from '../support/memory-element-files.ts';
import { packageRoot } from '../support/run-command.ts';

const load = async (directory: string, files?: Parameters<typeof loadLintTree>[1]): Promise<LintTree> => {
  const library = [hostPath(join(packageRoot, 'elements'))];
  const tree = await loadLintTree(
    { directories: [directory], workingDirectory: packageRoot, library },
    files,
  );
  if (!tree.ok) throw new Error(JSON.stringify(tree.problems));
  return tree.value;
};

let bad: LintTree;
let findings: readonly Finding[];
beforeAll(async () => {
  bad = await load('test/fixtures/elements-bad');
  findings = lintElements(bad);
});

describe.each(Object.entries<LintCheck>(lintChecks))('%s', (name, check) => {
  test('finds what is planted, in lines that there are', () => {
    const own = findings.filter((finding) => finding.check === name);
    expect(own.length).toBeGreaterThan(0);
    for (const { file, line } of own.filter(({ file: found }) => !found.endsWith('README.md'))) {
      const lines = readFileSync(join(packageRoot, file), 'utf8').trimEnd().split('\n').length;
      expect([file, line >= 1 && line <= lines + 1]).toEqual([file, true]);
    }
  });

  test('is ignored alone', () => {
    const kept = keptFindings(findings, bad, [name]);
    expect(kept.filter((finding) => finding.check === name)).toEqual([]);
    const others = keptFindings(findings, bad, []).filter((finding) => finding.check !== name);
    expect(kept).toEqual(others);
  });

  test('is turned off for an element by its element.yaml', async () => {
    const tree = await load(
      '/e',
      memoryElementFiles({
        '/e/x/element.yaml': `# dib-lint: disable=other ${name}\n`,
        '/e/x/install.d/50-x': '  echo',
      }),
    );
    const file = 'x/install.d/50-x';
    const all = [name, 'kept'].map((each) => ({ file: `/e/${file}`, line: 1, check: each, message: '' }));
    expect(keptFindings(all, tree, []).map((finding) => finding.check)).toEqual(['kept']);
  });

  test('has nothing to say of an element that does nothing', async () => {
    const tree = await load('/e', memoryElementFiles({ '/e/x/README.md': '# x\n' }));
    expect(tree.elements.flatMap((element) => check(element, tree))).toEqual([]);
  });
});

test('two elements of which one stands for the other do not clash', async () => {
  const hook = { '/e/one/finalise.d/50-same': '', '/e/two/finalise.d/50-same': '' };
  const clashes = async (files: Readonly<Record<string, string>>): Promise<readonly string[]> => {
    const found = lintElements(await load('/e', memoryElementFiles({ ...hook, ...files })));
    return found.filter(({ check }) => check === 'clash').map(({ file }) => file);
  };
  expect(await clashes({})).toEqual(['/e/two/finalise.d/50-same']);
  expect(await clashes({ '/e/one/element-provides': 'two\n' })).toEqual([]);
  expect(await clashes({ '/e/two/element-provides': 'one\n' })).toEqual([]);
  const thing = 'thing\n';
  expect(await clashes({ '/e/one/element-provides': thing, '/e/two/element-provides': thing })).toEqual([]);
});
