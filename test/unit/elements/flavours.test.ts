// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { mergeHooks } from '../../../lib/elements/merge-hooks.ts';
import type { MergedHooks } from '../../../lib/elements/merge-hooks.ts';
import type { PreparedElements } from '../../../lib/elements/prepare-elements.ts';
import { prepareElements } from '../../../lib/elements/prepare-elements.ts';
import { hostPath } from '../../../lib/model/brands.ts';
import type { Result } from '../../../lib/model/problem.ts';
import { requestWith } from '../../support/make-request.ts';
import { memoryElementFiles } from '../../support/memory-element-files.ts';
import type { MemoryTree } from '../../support/memory-element-files.ts';

const tree: MemoryTree = {
  '/e/os/element-provides': 'operating-system\n',
  '/e/os/root.d/10-os': '',
  '/e/wanting/element-deps': 'wanted\n',
  '/e/plain/install.d/10-hook': '',
  '/f/ant/install.d/10-hook': '',
  '/f/ant/install.d/defaults': { text: 'X=ant\n', mode: 0o644 },
  '/f/ant/init': 'ant\n',
  '/f/bee/install.d/10-hook': '',
  '/f/bee/install.d/20-own': '',
  '/f/bee/install.d/defaults': { text: 'X=bee\n', mode: 0o644 },
  '/f/bee/init': 'bee\n',
  '/f/bee/binary-deps': 'wget\n',
  '/f/cow/install.d/10-hook': '',
  '/f/wanted/README.md': 'nothing else\n',
  '/f/needy/element-deps': 'cow\n',
};

function prepare(elements: readonly string[], flavours = '/f'): Promise<Result<PreparedElements>> {
  const flavoursPath = [hostPath(flavours)];
  const elementsPath = [hostPath('/e'), ...flavoursPath];
  const request = requestWith({ elements, elementsPath, flavoursPath, withBase: false });
  return prepareElements(request, memoryElementFiles(tree));
}

async function prepared(...elements: readonly string[]): Promise<PreparedElements['elements']> {
  const result = await prepare(elements);
  if (!result.ok) throw new Error(JSON.stringify(result.problems));
  return result.value.elements;
}

const namesOf = (elements: PreparedElements['elements']): readonly string[] =>
  elements.map(({ element }) => element.name);

async function merged(...elements: readonly string[]): Promise<Result<MergedHooks>> {
  return mergeHooks((await prepared(...elements)).map(({ element }) => element));
}

describe('order', () => {
  test('flavours stand behind the others, as the user named them', async () => {
    expect(namesOf(await prepared('bee', 'ant', 'os'))).toEqual(['os', 'bee', 'ant']);
    expect(namesOf(await prepared('os', 'cow', 'ant', 'bee'))).toEqual(['os', 'cow', 'ant', 'bee']);
  });

  test('those that dependencies tie together stay where these put them', async () => {
    expect(namesOf(await prepared('os', 'cow', 'bee', 'needy', 'ant', 'wanting'))).toEqual([
      'cow',
      'needy',
      'os',
      'wanted',
      'wanting',
      'bee',
      'ant',
    ]);
  });

  test('only what comes from FLAVOURS_DIR is a flavour', async () => {
    const flavours = (await prepared('os', 'plain', 'bee')).filter(
      ({ element }) => element.isFlavour === true,
    );
    expect(namesOf(flavours)).toEqual(['bee']);
  });
});

describe('of two files of the same name', () => {
  test("the later flavour's counts, and the plan says so", async () => {
    const result = await merged('os', 'bee', 'ant');
    expect(result).toEqual({
      ok: true,
      value: {
        hooks: [
          { phase: 'root.d', element: 'os', script: '10-os' },
          { phase: 'install.d', element: 'ant', script: '10-hook' },
          { phase: 'install.d', element: 'bee', script: '20-own' },
        ],
        notes: [
          'install.d/10-hook of bee gives way to that of ant, a later flavour',
          'install.d/defaults of bee gives way to that of ant, a later flavour',
        ],
      },
    });
  });

  test('the last of three', async () => {
    const result = await merged('os', 'cow', 'bee', 'ant');
    expect(result.ok ? result.value.notes : result).toEqual([
      'install.d/10-hook of cow gives way to that of ant, a later flavour',
      'install.d/10-hook of bee gives way to that of ant, a later flavour',
      'install.d/defaults of bee gives way to that of ant, a later flavour',
    ]);
  });

  test('neither, when one of them is of an ordinary element', async () => {
    const result = await merged('os', 'plain', 'ant');
    expect(result.ok ? [] : result.problems.map(({ message }) => message)).toEqual([
      'elements `plain` and `ant` both have install.d/10-hook',
    ]);
  });
});

test('a FLAVOURS_DIR that is no directory is called by its name', async () => {
  expect(await prepare(['os'], '/nowhere')).toEqual({
    ok: false,
    problems: [
      {
        message: 'FLAVOURS_DIR names /nowhere, which is no directory',
        hints: ['correct the path, or leave the entry out'],
      },
    ],
  });
});
