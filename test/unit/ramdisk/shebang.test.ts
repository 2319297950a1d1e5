// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { interpretersOf, readShebang } from '../../../lib/ramdisk/shebang.ts';

const needs = (text: string): readonly string[] | null => {
  const shebang = readShebang(Buffer.from(text));
  return shebang === null ? null : interpretersOf(shebang);
};

test.each([
  ['#!/bin/sh\nexit', ['/bin/sh']],
  ['#! /usr/bin/awk -f\n', ['/usr/bin/awk']],
  ['#!/bin/sh\r\n', ['/bin/sh\r']],
  ['#!/bin/sh', ['/bin/sh']],
  ['#!/bin/sh\0rest', ['/bin/sh']],
  ['#!\t/bin/busybox sh\n', ['/bin/busybox']],
  ['#!/usr/bin/env python3\n', ['/usr/bin/env', 'python3']],
  ['#!/usr/bin/env -S LANG=C python3 -u\n', ['/usr/bin/env', 'python3']],
  ['#!/usr/bin/env -i A=1\n', ['/usr/bin/env']],
  ['#!/usr/bin/env\n', ['/usr/bin/env']],
  ['#!\n/bin/sh', null],
  ['#/bin/sh\n', null],
  ['', null],
])('%j needs %j', (text, expected) => {
  expect(needs(text)).toEqual(expected);
});
