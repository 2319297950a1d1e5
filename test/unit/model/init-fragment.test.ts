// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { fragmentFunction, linesBeforeFragment, saysBash } from '../../../lib/model/init-fragment.ts';

test.each([
  ['#!/bin/bash\necho\n', true],
  ['#!/usr/bin/env bash\n', true],
  ['#!/bin/sh\n# not for bash\n', false],
  ['# for bash\n', false],
  ['', false],
])('%j says that it is for bash: %j', (text, expected) => {
  expect(saysBash({ text })).toBe(expected);
});

test.each(['echo a\necho b\n', 'echo a\necho b', '# only words', ''])(
  '%j is a function in any case',
  (text) => {
    const lines = fragmentFunction(text).split('\n');
    const own = text === '' ? [] : text.replace(/\n$/, '').split('\n');
    expect(lines).toEqual(['init_fragment() {', ':', ...own, ':', '}', '']);
    expect(lines.slice(linesBeforeFragment, linesBeforeFragment + own.length)).toEqual(own);
  },
);
