// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';

import type { PackageInstalls } from '../../../lib/elements/package-installs.ts';
import { evaluatePackageInstalls } from '../../../lib/elements/package-installs.ts';
import { readPackageInstallsFiles } from '../../../lib/elements/package-installs-files.ts';
import { packageInstallsLines } from '../../../lib/elements/squash-package-installs.ts';
import { elementName, hostPath } from '../../../lib/model/brands.ts';
import type { Result } from '../../../lib/model/problem.ts';
import { memoryElementFiles } from '../../support/memory-element-files.ts';

describe('evaluatePackageInstalls', () => {
  test('sorts packages into phases, in the order they are declared', () => {
    const result = evaluate({
      one: 'linux:\ncurl: {phase: pre-install.d}\n',
      two: '{"linux": null, "jq": {}}',
    });
    expect(result).toEqual({
      ok: true,
      value: {
        'pre-install.d': { install: [['curl', 'one']], uninstall: [] },
        'install.d': {
          install: [
            ['linux', 'one'],
            ['linux', 'two'],
            ['jq', 'two'],
          ],
          uninstall: [],
        },
      },
    });
  });

  test('takes several sets of settings for one package', () => {
    const text = 'gcc:\n  - phase: install.d\n  - {phase: post-install.d, uninstall: }\n';
    expect(evaluate({ one: text })).toEqual({
      ok: true,
      value: {
        'install.d': { install: [['gcc', 'one']], uninstall: [] },
        'post-install.d': { install: [], uninstall: [['gcc', 'one']] },
      },
    });
  });

  test('lets install win over uninstall, whoever comes first, in the same phase only', () => {
    const uninstall = 'x: {uninstall: false}\ny: {uninstall: true}\n';
    const install = 'x:\ny: {phase: post-install.d}\n';
    const expected = {
      'install.d': { install: [['x', 'b']], uninstall: [['y', 'a']] },
      'post-install.d': { install: [['y', 'b']], uninstall: [] },
    };
    expect(evaluate({ a: uninstall, b: install })).toEqual({ ok: true, value: expected });
    const other = JSON.parse(JSON.stringify(expected).replaceAll('"a"', '"c"')) as unknown;
    expect(evaluate({ b: install, c: uninstall })).toEqual({ ok: true, value: other });
  });

  test('leaves out what a hidden element asks for under a condition that nobody has set', () => {
    const conditional = 'when: DIB_OF_HIDDEN = 1';
    const text = `x: {${conditional}}\ny: {when: [DIB_KNOWN = 1, DIB_OF_HIDDEN != 1]}\nz: {when: DIB_KNOWN = 1}\n`;
    expect(evaluate({ hidden: `${text}typed: {installtype: source}\n` }, { DIB_KNOWN: '1' })).toEqual({
      ok: true,
      value: {
        'install.d': {
          install: [
            ['z', 'hidden'],
            ['typed', 'hidden'],
          ],
          uninstall: [],
        },
      },
    });
    const seen = evaluate({ seen: `x: {${conditional}}\n` });
    expect(seen.ok ? seen : seen.problems.map(({ message }) => message)).toEqual([
      'package `x` depends on the variable DIB_OF_HIDDEN, which is not set',
    ]);
  });

  test('removes what is for the build only, unless someone keeps it', () => {
    expect(evaluate({ one: 'make: {build-only: }\ngcc: {build-only: true}\n', two: 'gcc:\n' })).toEqual({
      ok: true,
      value: {
        'install.d': {
          install: [
            ['make', 'one'],
            ['gcc', 'one'],
            ['gcc', 'two'],
          ],
          uninstall: [['make', 'one']],
        },
      },
    });
  });

  test.each([
    ['arch: amd64', true],
    ['arch: "ppc64, amd64"', true],
    ['arch: [ppc64, amd64]', true],
    ['arch: arm64', false],
    ['not-arch: "arm64,ppc64"', true],
    ['not-arch: "arm64, amd64"', false],
    ['installtype: source', true],
    ['installtype: package', false],
    ['dib_python_version: 3', true],
    ['dib_python_version: 2', false],
    ['when: DIB_X=a b', true],
    ['when: DIB_X = a b', true],
    ['when: DIB_X != a b', false],
    ['when: DIB_X != c', true],
    ['when: [DIB_X = a b, ARCH=arm64]', false],
    ['when: [DIB_X = a b, ARCH=amd64]', true],
  ])('%s', (setting, isInstalled) => {
    const result = evaluate({ one: `x:\n  ${setting}\n` }, { DIB_X: 'a b' });
    expect(result.ok && 'install.d' in result.value).toBe(isInstalled);
    expect(result.ok).toBe(true);
  });

  test("asks for the element's own install type first", () => {
    const text = 'x: {installtype: package}\n';
    const result = evaluate({ 'my-tool': text, other: text }, { DIB_INSTALLTYPE_my_tool: 'package' });
    expect(result).toEqual({
      ok: true,
      value: { 'install.d': { install: [['x', 'my-tool']], uninstall: [] } },
    });
  });

  test('leaves out what depends on something that is not known yet', () => {
    const text = 'x: {when: DIB_X=1}\ny:\n';
    const files = [{ element: elementName('a'), path: hostPath('/a'), text, isHidden: false }];
    const result = evaluatePackageInstalls(files, () => 'unknown');
    expect(result).toEqual({ ok: true, value: { 'install.d': { install: [['y', 'a']], uninstall: [] } } });
  });

  test('reports everything wrong at once, with its place', () => {
    const result = evaluate({
      one: 'a: {phase: instal.d}\nb: {arch: x, not-arch: y}\nc: 7\nd: {when: DIB_NO = 1}\ne: {when: [maybe]}\n',
      two: '- x\n',
    });
    expect(result.ok ? [] : result.problems).toEqual([
      {
        message: 'package `a` names the phase `instal.d`, in which no packages are installed',
        hints: ['did you mean install.d?', 'use one of pre-install.d, install.d, post-install.d'],
        location: { path: '/e/one', line: 1, column: 5, text: 'a: {phase: instal.d}' },
      },
      {
        message: 'package `b` has both `arch` and `not-arch`',
        hints: ['keep one of them'],
        location: { path: '/e/one', line: 2, column: 14, text: 'b: {arch: x, not-arch: y}' },
      },
      {
        message: 'the settings of package `c` must be a map',
        location: { path: '/e/one', line: 3, column: 1, text: 'c: 7' },
      },
      {
        message: 'package `d` depends on the variable DIB_NO, which is not set',
        hints: ['set DIB_NO, or give it a default in environment.d'],
        location: { path: '/e/one', line: 4, column: 5, text: 'd: {when: DIB_NO = 1}' },
      },
      {
        message: 'package `e` has the condition `maybe`, which says nothing',
        hints: ['write `VARIABLE = value` or `VARIABLE != value`'],
        location: { path: '/e/one', line: 5, column: 12, text: 'e: {when: [maybe]}' },
      },
      {
        message: 'package-installs must map names of packages to settings',
        location: { path: '/e/two', line: 1, column: 1, text: '- x' },
      },
    ]);
  });
});

test('packageInstallsLines writes a line a package, by phase', () => {
  const result = evaluate({ one: 'a:\nb: {uninstall: }\nc: {phase: pre-install.d}\n' });
  expect(result.ok ? packageInstallsLines(result.value) : result).toBe(
    'pre-install.d\tinstall\tc\tone\ninstall.d\tinstall\ta\tone\ninstall.d\tuninstall\tb\tone\n',
  );
});

test('readPackageInstallsFiles reads JSON before YAML, what an earlier path hides too, and what a link leads to', async () => {
  const files = memoryElementFiles({
    '/own/a/package-installs.yaml': '1',
    '/e/a/package-installs.yaml': '2',
    '/e/a/package-installs.json': '3',
    '/e/b/package-installs.json': '4',
    '/e/c/package-installs.json': '5',
    '/linked/d/package-installs.yaml': '6',
  });
  const found = { b: '/e/b', a: '/own/a', d: '/linked/d' };
  const read = await readPackageInstallsFiles(
    Object.entries(found).map(([name, directory]) => ({
      name: elementName(name),
      directory: hostPath(directory),
    })),
    ['/own', '/e'].map(hostPath),
    files,
  );
  expect(
    read.map(({ element, path, text, isHidden }) => `${element} ${path} ${text}${isHidden ? ' hidden' : ''}`),
  ).toEqual([
    'b /e/b/package-installs.json 4',
    'a /own/a/package-installs.yaml 1',
    'a /e/a/package-installs.json 3 hidden',
    'a /e/a/package-installs.yaml 2 hidden',
    'd /linked/d/package-installs.yaml 6',
  ]);
});

test('names that only the pkg-map of a hidden element knows are left out', async () => {
  const files = memoryElementFiles({
    '/own/a/package-installs.yaml': 'boot:\n',
    '/own/a/pkg-map': '{"default": {"boot": "own-boot"}}',
    '/e/a/package-installs.yaml': 'boot:\nloader_amd64:\nplain:\n',
    '/e/a/pkg-map':
      '{"family": {"debian": {"loader_amd64": "loader-bin"}}, "default": {"boot": "their-boot"}}',
  });
  const found = [{ name: elementName('a'), directory: hostPath('/own/a') }];
  const read = await readPackageInstallsFiles(found, ['/own', '/e'].map(hostPath), files);
  expect(evaluatePackageInstalls(read, () => 'unset')).toEqual({
    ok: true,
    value: {
      'install.d': {
        install: [
          ['boot', 'a'],
          ['plain', 'a'],
        ],
        uninstall: [],
      },
    },
  });
});

function evaluate(
  texts: Readonly<Record<string, string>>,
  variables: Readonly<Record<string, string>> = {},
): Result<PackageInstalls> {
  const environment: Readonly<Record<string, string>> = {
    ARCH: 'amd64',
    DIB_PYTHON_VERSION: '3',
    ...variables,
  };
  const files = Object.entries(texts).map(([name, text]) => ({
    element: elementName(name),
    path: hostPath(`/e/${name}`),
    text,
    isHidden: name === 'hidden',
  }));
  return evaluatePackageInstalls(files, (name) => {
    const value = environment[name];
    return value === undefined ? 'unset' : { value };
  });
}
