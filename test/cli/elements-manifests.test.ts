// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';

let place: string;

/** `sudo install … /dev/stdin FILE` only writes FILE: the owner of a test is not root. */
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'dib-manifests-test-'));
  mkdirSync(join(place, 'tree/etc/dib-manifests'), { recursive: true });
  writeFileSync(join(place, 'sudo'), '#!/bin/bash\n[ "$1" = install ] && cat >"${@: -1}"\n');
  chmodSync(join(place, 'sudo'), 0o755);
});
afterEach(() => rmSync(place, { recursive: true }));

function record(environment: readonly string[], words: string): readonly string[] {
  const { status, stderr } = spawnSync(resolve('elements/manifests/cleanup.d/00-record-build'), {
    env: {
      PATH: `${place}:${process.env['PATH'] ?? ''}`,
      TARGET_ROOT: join(place, 'tree'),
      DIB_MANIFEST_IMAGE_DIR: '/etc/dib-manifests',
      DIB_ENV: environment.join('\n'),
      DIB_ARGS: words,
    },
    encoding: 'utf8',
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  return ['dib_environment', 'dib_arguments'].map((name) =>
    readFileSync(join(place, 'tree/etc/dib-manifests', name), 'utf8'),
  );
}

test('secrets are masked, by the names of variables and in addresses', () => {
  const said = [
    'declare -x DIB_RELEASE="bookworm"',
    'declare -x DIB_DEV_USER_PASSWORD="abc"',
    'declare -x DIB_RHSM_PASSWORD="first line',
    'second line"',
    'declare -x DIB_SAT_KEY="k"',
    'declare -x DIB_KEYBOARD="de"',
    'declare -x DIB_REPOLOCATION_x="https://ada:abc@git.example.org/x"',
    'declare -x DIB_UNSET_TOKEN',
  ];
  expect(record(said, '-o x vm DIB_X=https://ada:abc@example.org/x')).toEqual([
    [
      'declare -x DIB_RELEASE="bookworm"',
      'declare -x DIB_DEV_USER_PASSWORD="********"',
      'declare -x DIB_RHSM_PASSWORD="********"',
      'declare -x DIB_SAT_KEY="********"',
      'declare -x DIB_KEYBOARD="de"',
      'declare -x DIB_REPOLOCATION_x="https://********@git.example.org/x"',
      'declare -x DIB_UNSET_TOKEN',
      '',
    ].join('\n'),
    '-o x vm DIB_X=https://********@example.org/x\n',
  ]);
});
