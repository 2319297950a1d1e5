// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { settings } from '../../../../lib/cli/settings.ts';
import { namingOf } from '../../../../lib/worker/tree/named-in-text.ts';
import type { StepInputs } from '../../../../lib/worker/tree/step-key.ts';
import { digestOf, firstParts, keyOf, stepParts } from '../../../../lib/worker/tree/step-key.ts';

type Texts = { readonly scriptText: string; readonly sharedText: string };
const texts: Texts = { scriptText: 'echo "$FRUIT"', sharedText: 'export FRUIT=${FRUIT:-apple}' };

const inputs: Omit<StepInputs, 'texts'> = {
  previous: 'key of the step before',
  title: 'install.d/50-x',
  script: 'digest of the script',
  shared: 'digest of what is shared',
  exports: [
    { path: 'environment.d/10-x', digest: 'digest of a file', names: ['FS_TYPE', 'DIB_BLOCK_DEVICE'] },
  ],
  environment: { FRUIT: 'apple', IMAGE_NAME: 'image', LC_ALL: 'C' },
  tools: { mmdebstrap: 'digest of the tool' },
  machine: { kernel: '6.1', hostName: 'here' },
};

function keyWith(change: Partial<Omit<StepInputs, 'texts'> & Texts>): string {
  const { scriptText, sharedText, ...rest } = { ...texts, ...inputs, ...change };
  return keyOf(stepParts({ ...rest, texts: [scriptText, sharedText].map(namingOf) }));
}
const key = keyWith({});
const keyIn = (environment: Readonly<Record<string, string>>): string =>
  keyWith({ environment: { ...inputs.environment, ...environment } });

test('the same step has the same key, whatever the order of its variables and tools', () => {
  const backwards = Object.fromEntries(Object.entries(inputs.environment).reverse());
  expect(keyWith({ environment: backwards })).toBe(key);
  expect(key).toMatch(/^[0-9a-f]{64}$/);
});

describe('a key changes with', () => {
  test.each<[string, Partial<StepInputs>]>([
    ['the key before', { previous: 'another' }],
    ['the title', { title: 'install.d/51-x' }],
    ['the script', { script: 'another' }],
    ['what all hooks share', { shared: 'another' }],
    ['the version of a tool', { tools: { mmdebstrap: 'another' } }],
    ['a tool more', { tools: { ...inputs.tools, tar: 'digest' } }],
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

/** Who called, from where: nothing to a hook that does not ask. */
const ofSession = [
  { TERM: 'vt100' },
  { COLUMNS: '20' },
  { LINES: '5' },
  { PWD: '/elsewhere' },
  { HOME: '/home/eve' },
  { USER: 'eve' },
  { SSH_CONNECTION: '10.0.0.1' },
  { XDG_RUNTIME_DIR: '/run/user/1' },
  { SUDO_UID: '1000' },
  { npm_config_cache: '/x' },
];

describe('a key stays with another', () => {
  test.each([
    ...ofSession,
    { SHLVL: '7', _: '/usr/bin/env', PATH: '/usr/bin' },
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
  ])('%o', (change) => {
    expect(keyIn(change)).toBe(key);
  });
});

describe('of the settings', () => {
  const aboutEveryTree = ['ARCH', 'DIB_DEFAULT_INSTALLTYPE'];

  test('only those that every tree depends on concern hooks that do not name them', () => {
    const names = Object.values(settings).flatMap(({ variables }) => variables);
    expect(names.length).toBeGreaterThan(40);
    expect(names.filter((name) => keyIn({ [name]: 'other' }) !== key)).toEqual(aboutEveryTree);
  });
});

describe('a variable of the session', () => {
  test.each(ofSession)('matters to a script that asks for it: %o', (change) => {
    const [name = ''] = Object.keys(change);
    const environment = { ...inputs.environment, ...change };
    for (const scriptText of [
      `echo $${name}`,
      `echo "\${${name}:-}"`,
      `os.environ.get("${name}")`,
      'env | sort',
    ])
      expect(keyWith({ scriptText, environment })).not.toBe(keyWith({ scriptText }));
  });

  test.each([
    'trap stop INT TERM',
    'usermod --home HOME',
    'echo $SUDO_USERS $HOMES',
    '[[ $x =~ y ]]',
    "awk '$1 ~ /y/'",
  ])('does not where its name is a word among others: %s', (scriptText) => {
    const environment = { ...inputs.environment, TERM: 'vt100', HOME: '/home/eve', USER: 'eve' };
    expect(keyWith({ scriptText, environment })).toBe(keyWith({ scriptText }));
  });

  test.each([
    ['cp ~/.netrc "$TARGET_ROOT/root"', { HOME: '/home/eve' }],
    ['cd ~', { HOME: '/home/eve' }],
    ['tar -C "$(pwd)" -c .', { PWD: '/elsewhere' }],
  ])('matters under its other name: %s', (scriptText, change) => {
    const environment = { ...inputs.environment, ...change };
    expect(keyWith({ scriptText, environment })).not.toBe(keyWith({ scriptText }));
  });
});

describe('facts of the machine matter', () => {
  const elsewhere = { kernel: '6.2', hostName: 'there' };

  test.each([
    'uname -r',
    'ls /lib/modules/$(uname -r)',
    'cat /proc/version',
    'echo $HOSTNAME',
    'hostname >/x',
  ])('to %s', (scriptText) => {
    expect(keyWith({ scriptText, machine: elsewhere })).not.toBe(keyWith({ scriptText }));
  });

  test.each(['uname -m', 'echo hello', 'cat /etc/hostname', '# see uname'])('not to %s', (scriptText) => {
    expect(keyWith({ scriptText, machine: elsewhere })).toBe(keyWith({ scriptText }));
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
];

describe('a variable of the outputs', () => {
  test.each(ofOutputs)('that no text names does not matter: %o', (change) => {
    expect(keyIn(change)).toBe(key);
  });

  test.each(ofOutputs)('that the script names matters: %o', (change) => {
    const [name = ''] = Object.keys(change);
    const scriptText = `echo ${name}`;
    const before = keyWith({ scriptText });
    expect(keyWith({ scriptText, environment: { ...inputs.environment, ...change } })).not.toBe(before);
  });

  test.each([
    'env',
    'printenv | sort >/etc/build-environment',
    'x=$(env)',
    'export -p >/x',
    'declare -px',
    'tr "\\0" "\\n" </proc/self/environ',
    'for name in os.environ:',
    'echo "${!IMAGE_@}"',
    'name=NAME; name=IMAGE_$name; echo "${!name}"',
    'what=IMAGE; eval "echo \\$${what}_NAME"',
    'what=IMAGE; printenv "$what"_NAME',
  ])('matters to what goes through all variables, or puts names together: %s', (scriptText) => {
    const environment = { ...inputs.environment, IMAGE_NAME: 'other' };
    expect(keyWith({ scriptText, environment })).not.toBe(keyWith({ scriptText }));
  });

  test.each([
    '#!/usr/bin/env python3',
    'env FRUIT=pear eat',
    'set -eu',
    '# puts on what is set\n# of the env',
    'os.environ["FRUIT"]',
    'declare -p fruits',
    'for i in "${!fruits[@]}"; do :; done',
    'echo "${!name}" "$MY_NAME"',
  ])('does not where only others can be meant: %s', (scriptText) => {
    const environment = { ...inputs.environment, IMAGE_NAME: 'other' };
    expect(keyWith({ scriptText, environment })).toBe(keyWith({ scriptText }));
  });

  test('that a function hands on matters to who calls the function', () => {
    const scriptText = 'eval "directories=($(get_image_element_array))"';
    for (const name of ['IMAGE_ELEMENT_YAML', 'BASH_FUNC_get_image_element_array%%']) {
      const environment = { ...inputs.environment, [name]: 'other' };
      expect(keyWith({ scriptText, environment })).not.toBe(keyWith({ scriptText }));
      expect(keyWith({ environment })).toBe(key);
    }
  });

  test('that a host command reads matters to who calls the command', () => {
    const scriptText = 'label=$(dib-block-device getval root-label)';
    const environment = { ...inputs.environment, DIB_BLOCK_DEVICE_PARAMS_YAML: 'root-label: other' };
    expect(keyWith({ scriptText, environment })).not.toBe(keyWith({ scriptText }));
    expect(keyWith({ environment })).toBe(key);
  });

  test('that a shared file names matters', () => {
    const sharedText = 'export COPY=$IMAGE_NAME';
    const environment = { ...inputs.environment, IMAGE_NAME: 'other' };
    expect(keyWith({ sharedText, environment })).not.toBe(keyWith({ sharedText }));
  });
});

describe('a file that only sets variables of the outputs', () => {
  const names = ['FS_TYPE', 'DIB_BLOCK_DEVICE'];
  const exports = [{ path: 'environment.d/10-x', digest: 'another digest', names }];

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

test('the first key depends on the architecture, the program and the world outside', () => {
  const beginning = { arch: 'amd64', builder: '1.0', way: 'overlay', outside: {} };
  const keys = [
    beginning,
    { ...beginning, arch: 'arm64' },
    { ...beginning, builder: '1.1' },
    { ...beginning, way: 'copy' },
    { ...beginning, outside: { a: 'monday' } },
    { ...beginning, outside: { b: 'monday' } },
    { ...beginning, outside: { a: 'mon', b: 'day' } },
  ].map((each) => keyOf(firstParts(each)));
  expect(new Set(keys).size).toBe(keys.length);
  expect(keyOf(firstParts(beginning))).toBe(keys[0]);
});

test('parts cannot be confused with one another', () => {
  const digests = [['a', 'b'], ['ab'], ['a,b'], ['a"', '"b'], ['b', 'a'], ['a\nb'], ['a\u0000b']].map(
    digestOf,
  );
  expect(new Set(digests).size).toBe(digests.length);
});

test('values cannot be confused with names, nor a tool with a variable', () => {
  const keys = [
    { 'variable A': 'b', 'variable C': 'd' },
    { 'variable A': 'b\nvariable C=d' },
    { 'variable A': 'b', 'tool C': 'd' },
    { 'variable A': 'bvariable C', d: '' },
    { 'variable AC': 'bd' },
  ].map(keyOf);
  expect(new Set(keys).size).toBe(keys.length);
  expect(keyIn({ A: 'ä\nB=c' })).not.toBe(keyIn({ A: 'ä', B: 'c' }));
});
