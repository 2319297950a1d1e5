// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { BuildFailure } from '../../../../lib/model/failure.ts';
import { sizeAsked } from '../../../../lib/worker/tree/block-device-size.ts';

const asked = (...lines: readonly string[]): string | null => sizeAsked(lines, 'block-device-size.d/10-x');

describe('the size that a hook asks for', () => {
  test.each([
    ['IMAGE_SIZE=16', '16'],
    ['IMAGE_SIZE=2.5', '2.5'],
    ['export IMAGE_SIZE="3"', '3'],
    [" IMAGE_SIZE='4';", '4'],
  ])('%s', (line, size) => {
    expect(asked(line)).toBe(size);
  });

  test('the last one counts', () => {
    expect(asked('IMAGE_SIZE=1', 'a line', 'IMAGE_SIZE=2', 'another')).toBe('2');
  });

  test('none, when a line only speaks of it', () => {
    expect(asked('the IMAGE_SIZE is mine', '+ echo IMAGE_SIZE=3', 'IMAGE_SIZES=3')).toBeNull();
    expect(asked()).toBeNull();
  });

  test.each(['', '0', '0.0', '-1', '16G', '1 2', "'3"])('refuses %j', (size) => {
    expect(() => asked(`IMAGE_SIZE=${size}`)).toThrow(BuildFailure);
  });
});
