// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { withScope } from '../../../lib/worker/scope.ts';

test('releases run in reverse, each once, even when one fails, and never hide what was thrown', async () => {
  const released: string[] = [];
  const reported: string[] = [];
  const use = withScope(
    (text) => void reported.push(text),
    (scope) => {
      for (const name of ['first', 'second', 'third']) {
        scope.defer(name, () => {
          released.push(name);
          return name === 'second' ? Promise.reject(new Error('it is busy')) : Promise.resolve();
        });
      }
      return Promise.reject(new Error('the build failed'));
    },
  );
  await expect(use).rejects.toThrow('the build failed');
  expect(released).toEqual(['third', 'second', 'first']);
  expect(reported).toEqual(['could not release second: it is busy']);
});

test('what a release defers is released too', async () => {
  const released: string[] = [];
  const result = await withScope(
    () => undefined,
    (scope) => {
      scope.defer('outer', () => {
        released.push('outer');
        scope.defer('inner', () => Promise.resolve(void released.push('inner')));
        return Promise.resolve();
      });
      return Promise.resolve('done');
    },
  );
  expect({ result, released }).toEqual({ result: 'done', released: ['outer', 'inner'] });
});
