// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import type { StepKeyParts } from '../../../../lib/worker/tree/step-key.ts';
import { digestOf, firstKey, stepKey } from '../../../../lib/worker/tree/step-key.ts';

const parts: StepKeyParts = {
  previous: 'key of the step before',
  title: 'install.d/50-x',
  script: 'digest of the script',
  scriptText: 'echo "$FRUIT"',
  shared: 'digest of what is shared',
  sharedText: 'export FRUIT=${FRUIT:-apple}',
  exports: [{ digest: 'digest of a file', names: ['FS_TYPE', 'DIB_BLOCK_DEVICE'] }],
  environment: { FRUIT: 'apple', IMAGE_NAME: 'image', LC_ALL: 'C' },
  tools: { mmdebstrap: 'digest of the tool' },
};

const key = stepKey(parts);
const keyWith = (change: Partial<StepKeyParts>): string => stepKey({ ...parts, ...change });
const keyIn = (environment: Readonly<Record<string, string>>): string =>
  keyWith({ environment: { ...parts.environment, ...environment } });

test('the same step has the same key, whatever the order of its variables and tools', () => {
  const backwards = Object.fromEntries(Object.entries(parts.environment).reverse());
  expect(keyWith({ environment: backwards })).toBe(key);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
});

describe('a key changes with', () => {
  test.each<[string, Partial<StepKeyParts>]>([
    ['the key before', { previous: 'another' }],
    ['the title', { title: 'install.d/51-x' }],
    ['the script', { script: 'another' }],
    ['what all hooks share', { shared: 'another' }],
    ['the version of a tool', { tools: { mmdebstrap: 'another' } }],
    ['a tool more', { tools: { ...parts.tools, tar: 'digest' } }],
    ['a tool less', { tools: {} }],
    ['a variable less', { environment: { IMAGE_NAME: 'image', LC_ALL: 'C' } }],
  ])('%s', (_, change) => {
    expect(keyWith(change)).not.toBe(key);
  });

  test.each([
    { FRUIT: 'pear' },
    { FRUIT: '' },
    { ANYTHING: '1' },
    { http_proxy: 'http://proxy' },
    { LC_ALL: 'C.UTF-8' },
    { DIB_RELEASE: 'trixie' },
    { DIB_DISTRIBUTION_MIRROR: 'http://elsewhere' },
    { ARCH: 'arm64' },
  ])('the variable %o', (change) => {
    expect(keyIn(change)).not.toBe(key);
  });
});

describe('a key stays with another', () => {
  test.each([
    { TERM: 'vt100' },
    { COLUMNS: '20', LINES: '5' },
    { PWD: '/elsewhere', OLDPWD: '/', SHLVL: '7', _: '/usr/bin/env' },
    { PATH: '/usr/bin', HOME: '/home/eve', USER: 'eve', LOGNAME: 'eve' },
    { SSH_CONNECTION: '10.0.0.1', XDG_RUNTIME_DIR: '/run/user/1', DISPLAY: ':0' },
    { SUDO_UID: '1000', SUDO_GID: '1000', SUDO_USER: 'eve' },
    { TMPDIR: '/var/tmp', TMP_DIR: '/var/tmp' },
    {
      TMP_BUILD_DIR: '/b1',
      TMP_IMAGE_DIR: '/b1/image',
      TMP_HOOKS_PATH: '/b1/hooks',
      TMP_MOUNT_PATH: '/b1/mnt',
      TARGET_ROOT: '/b1/mnt',
    },
    { DIB_DEBUG_TRACE: '1', DIB_QUIET: '1', DIB_NO_TIMESTAMP: '1', break: 'after-error', break_cmd: 'sh' },
    { DIB_CACHE_MAX_AGE: '60', DIB_CACHE_MAX_SIZE: '5', DIB_NO_CACHE: '1', DIB_ISOLATION: 'root' },
    { npm_config_cache: '/x', NODE_OPTIONS: '--inspect', INIT_CWD: '/x' },
  ])('%o', (change) => {
    expect(keyIn(change)).toBe(key);
  });
});

/** Variables of outputs and of the set: a hook that does not speak of them cannot depend on them. */
const ofOutputs = [
  { DIB_REPOREF_agent: 'main', DIB_REPOLOCATION_agent: '/x', NO_SOURCE_REPOSITORIES: '1' },
  { IMAGE_NAME: 'other' },
  { IMAGE_TYPES: 'raw', IMAGE_TYPE: 'raw' },
  { DIB_ARGS: '-o other' },
  { DIB_IMAGE_SIZE: '5' },
  { IMAGE_ELEMENT: 'a b', IMAGE_ELEMENT_YAML: '{}' },
  { ELEMENTS_PATH: '/other/elements' },
  { DIB_ROOT_UUID: 'f00' },
  { DIB_BLOCK_DEVICE: 'gpt' },
  { 'BASH_FUNC_get_image_element_array%%': '() { echo; }' },
];

describe('a variable of the outputs', () => {
  test.each(ofOutputs)('that no text names does not matter: %o', (change) => {
    expect(keyIn(change)).toBe(key);
  });

  test.each(ofOutputs)('that the script names matters: %o', (change) => {
    const [name = ''] = Object.keys(change);
    const scriptText = `echo ${name}`;
    const before = keyWith({ scriptText });
    expect(keyWith({ scriptText, environment: { ...parts.environment, ...change } })).not.toBe(before);
  });

  test('that a host command reads matters to who calls the command', () => {
    const scriptText = 'label=$(dib-block-device getval root-label)';
    const environment = { ...parts.environment, DIB_BLOCK_DEVICE_PARAMS_YAML: 'root-label: other' };
    expect(keyWith({ scriptText, environment })).not.toBe(keyWith({ scriptText }));
    expect(keyWith({ environment })).toBe(key);
  });

  test('that a shared file names matters', () => {
    const sharedText = 'export COPY=$IMAGE_NAME';
    const environment = { ...parts.environment, IMAGE_NAME: 'other' };
    expect(keyWith({ sharedText, environment })).not.toBe(keyWith({ sharedText }));
  });
});

describe('a file that only sets variables of the outputs', () => {
  const exports = [{ digest: 'another digest', names: ['FS_TYPE', 'DIB_BLOCK_DEVICE'] }];

  test('does not matter where nothing names them', () => {
    expect(keyWith({ exports })).toBe(key);
    expect(keyWith({ exports: [] })).toBe(key);
  });

  test.each([{ scriptText: 'echo $DIB_BLOCK_DEVICE' }, { sharedText: 'echo $FS_TYPE' }])(
    'matters where one of them is named: %o',
    (naming) => {
      expect(keyWith({ ...naming, exports })).not.toBe(keyWith(naming));
      expect(keyWith({ ...naming, exports: [] })).not.toBe(keyWith(naming));
    },
  );
});

test('the first key depends on the architecture and on the world outside', () => {
  const keys = [
    firstKey('amd64', []),
    firstKey('arm64', []),
    firstKey('amd64', ['monday']),
    firstKey('amd64', ['mon', 'day']),
  ];
  expect(new Set(keys).size).toBe(keys.length);
  expect(firstKey('amd64', ['monday'])).toBe(firstKey('amd64', ['monday']));
});

test('parts cannot be confused with one another', () => {
  const digests = [
    digestOf(['a', 'b']),
    digestOf(['ab']),
    digestOf(['a,b']),
    digestOf(['a"', '"b']),
    digestOf(['b', 'a']),
  ];
  expect(new Set(digests).size).toBe(digests.length);
});
