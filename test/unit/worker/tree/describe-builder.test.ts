// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { hostPath } from '../../../../lib/model/brands.ts';
import { describeBuilder } from '../../../../lib/worker/tree/describe-builder.ts';

let library: string;
beforeEach(() => {
  library = mkdtempSync(join(tmpdir(), 'dib-library-'));
  mkdirSync(join(library, 'host-bin'));
  writeFileSync(join(library, 'functions'), 'function f { :; }\n');
  writeFileSync(join(library, 'host-bin/tool'), 'one\n');
});
afterEach(() => rmSync(library, { recursive: true, force: true }));

const described = (): Promise<string> => describeBuilder(hostPath(library));

test('the program is known by its version and by every byte of its shell files', async () => {
  const before = await described();
  expect(before).toMatch(/^\d+\.\d+\.\d+ [0-9a-f]{64}$/);
  expect(await described()).toBe(before);
  writeFileSync(join(library, 'host-bin/tool'), 'two\n');
  const changed = await described();
  expect(changed).not.toBe(before);
  renameSync(join(library, 'host-bin/tool'), join(library, 'host-bin/other'));
  expect(await described()).not.toBe(changed);
});
