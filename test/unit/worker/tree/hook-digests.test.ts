// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { hostPath } from '../../../../lib/model/brands.ts';
import type { HookDigests } from '../../../../lib/worker/tree/hook-digests.ts';
import { digestHooks } from '../../../../lib/worker/tree/hook-digests.ts';

let hooks: string;
beforeEach(() => {
  hooks = mkdtempSync(join(tmpdir(), 'dib-hooks-'));
  write('install.d/50-x', 'echo x\n', 0o755);
  write('install.d/60-y', 'echo y\n', 0o755);
  write('install.d/x-source-install/50-x', 'echo source\n', 0o755);
  write('environment.d/10-x.bash', 'export X=1\n');
  write('bin/tool', 'tool text', 0o755);
  write('static/etc/x', 'x\n');
  write('pkg-map', '{}');
  write('README.md', '# x\n');
});
afterEach(() => rmSync(hooks, { recursive: true, force: true }));

function write(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(join(hooks, path)), { recursive: true });
  writeFileSync(join(hooks, path), text);
  chmodSync(join(hooks, path), mode);
}

const digests = (): Promise<HookDigests> => digestHooks(hostPath(hooks));

const textOf = ({ sharedTexts }: Pick<HookDigests, 'sharedTexts'>): string =>
  sharedTexts.map(({ text }) => text).join('\n');

const wordsIn = ({ sharedTexts }: HookDigests): readonly string[] =>
  sharedTexts.flatMap(({ words }) => [...words]);

/** What a change touched. */
async function touchedBy(change: () => void): Promise<readonly string[]> {
  const before = await digests();
  change();
  const after = await digests();
  const scripts = [...new Set([...before.scripts.keys(), ...after.scripts.keys()])];
  const changed = scripts.filter(
    (name) => before.scripts.get(name)?.digest !== after.scripts.get(name)?.digest,
  );
  const parts = (['shared', 'whole'] as const).filter((part) => before[part] !== after[part]);
  const isTextTouched = textOf(before) !== textOf(after);
  return [...parts, ...(isTextTouched ? ['shared text'] : []), ...changed];
}

test('scripts are kept by phase and name, with their text', async () => {
  const { scripts, ...shared } = await digests();
  expect([...scripts].map(([name, { texts }]) => [name, texts.map(({ text }) => text).join('')])).toEqual([
    ['install.d/50-x', 'echo x\n'],
    ['install.d/60-y', 'echo y\n'],
  ]);
  expect(textOf(shared)).toBe('tool text\nexport X=1\n');
});

test('a script that is a link has the text of its file, and changes with it', async () => {
  symlinkSync('x-source-install/50-x', join(hooks, 'install.d/70-link'));
  expect((await digests()).scripts.get('install.d/70-link')?.texts[0]?.text).toBe('echo source\n');
  const touched = await touchedBy(() => write('install.d/x-source-install/50-x', 'echo other\n', 0o755));
  expect(touched).toEqual(['shared', 'whole', 'install.d/70-link']);
});

test('what a link of static points at says nothing', async () => {
  symlinkSync('../../pkg-map', join(hooks, 'static/etc/link'));
  expect(await touchedBy(() => write('pkg-map', '{"a": 1}'))).toEqual(['whole']);
});

describe('what a script names', () => {
  test('is part of it, and what that names', async () => {
    write('install.d/50-x', 'source "$(dirname "$0")/40-first"\n', 0o755);
    write('install.d/40-first', '. ${0%/*}/../lib/second\n', 0o755);
    write('lib/second', 'echo $IMAGE_NAME\n');
    const texts = (await digests()).scripts.get('install.d/50-x')?.texts ?? [];
    expect(texts.map(({ text }) => text)).toEqual([
      'source "$(dirname "$0")/40-first"\n',
      '. ${0%/*}/../lib/second\n',
      'echo $IMAGE_NAME\n',
    ]);
    const touched = await touchedBy(() => write('install.d/40-first', 'echo first\n', 0o755));
    expect(touched).toEqual(['whole', 'install.d/40-first', 'install.d/50-x']);
  });

  test('may name it in turn', async () => {
    write('install.d/50-x', 'bash 60-y\n', 0o755);
    write('install.d/60-y', 'bash 50-x\n', 0o755);
    const touched = await touchedBy(() => write('install.d/60-y', 'bash 50-x again\n', 0o755));
    expect(touched).toEqual(['whole', 'install.d/50-x', 'install.d/60-y']);
  });
});

describe('a script that lists a directory', () => {
  test.each([
    ['cat "$(dirname "$0")"/*', ['whole', 'install.d/50-x', 'install.d/70-z']],
    ['cd "$(dirname "$0")"; cat *', ['whole', 'install.d/50-x', 'install.d/70-z']],
    ['cp -r "$TMP_HOOKS_PATH" /hooks', ['whole', 'install.d/50-x', 'install.d/70-z']],
    ['here=$(dirname "$0")\nfind "$here" -name "7*"', ['whole', 'install.d/50-x', 'install.d/70-z']],
    ['cat "${0%/*}"/7*', ['whole', 'install.d/50-x', 'install.d/70-z']],
    ['cat "$(dirname "$0")"/8*', ['whole', 'install.d/70-z']],
    ['cat "$(dirname "$0")"/../root.d/*', ['whole', 'install.d/70-z']],
    ['program -d "$(dirname "$0")"', ['whole', 'install.d/70-z']],
  ])('depends on what is there: %s', async (text, touched) => {
    write('install.d/50-x', `${text}\n`, 0o755);
    expect(await touchedBy(() => write('install.d/70-z', 'echo z\n', 0o755))).toEqual(touched);
  });

  test('that all hooks call makes all depend on it', async () => {
    write('bin/tool', 'cat /tmp/in_target.d/README*\n', 0o755);
    const touched = await touchedBy(() => write('README.md', '# y\n'));
    expect(touched).toEqual(['whole', 'install.d/50-x', 'install.d/60-y']);
  });
});

describe('a file that says nothing to most hooks', () => {
  test.each(['README.md', 'pkg-map'])('is part of those that read it: %s', async (name) => {
    write('install.d/50-x', `cp "$(dirname "$0")/../${name}" /etc\n`, 0o755);
    expect(await touchedBy(() => write(name, 'other'))).toEqual(['whole', 'install.d/50-x']);
  });

  test('is not part of those that call a program of its name', async () => {
    write('install.d/50-x', 'pkg-map --element x y; test -f /x\n', 0o755);
    expect(await touchedBy(() => write('pkg-map', '{"a": 1}'))).toEqual(['whole']);
  });
});

describe('what is laid over the image', () => {
  test('counts with the modes of its directories, empty ones too', async () => {
    expect(await touchedBy(() => chmodSync(join(hooks, 'static/etc'), 0o700))).toEqual(['shared', 'whole']);
    expect(await touchedBy(() => mkdirSync(join(hooks, 'static/empty')))).toEqual(['shared', 'whole']);
  });

  test('has programs whose variables matter to all who may call them', async () => {
    const before = wordsIn(await digests());
    write('static/usr/bin/plant', 'echo $IMAGE_NAME\n', 0o755);
    write('static/etc/plant', 'echo $IMAGE_TYPE\n');
    const words = wordsIn(await digests());
    expect(words.filter((word) => !before.includes(word))).toEqual(['echo', 'IMAGE_NAME']);
  });
});

test('a link out of the directory is what it leads to', async () => {
  const outside = mkdtempSync(join(tmpdir(), 'dib-outside-'));
  writeFileSync(join(outside, 'functions'), 'function f { :; }\n');
  symlinkSync(join(outside, 'functions'), join(hooks, 'functions'));
  const touched = await touchedBy(() => writeFileSync(join(outside, 'functions'), 'function g { :; }\n'));
  rmSync(outside, { recursive: true });
  expect(touched).toEqual(['shared', 'whole']);
});

describe('a change', () => {
  test.each<[string, () => void, readonly string[]]>([
    ['of a script', () => write('install.d/50-x', 'echo z\n', 0o755), ['whole', 'install.d/50-x']],
    ['of its mode', () => write('install.d/50-x', 'echo x\n', 0o700), ['whole', 'install.d/50-x']],
    ['another script', () => write('install.d/70-z', 'echo z\n', 0o755), ['whole', 'install.d/70-z']],
    ['of a static file', () => write('static/etc/x', 'y\n'), ['shared', 'whole']],
    ['of a shared mode', () => write('static/etc/x', 'x\n', 0o600), ['shared', 'whole']],
    ['of a shared program', () => write('bin/tool', 'other'), ['shared', 'whole', 'shared text']],
    [
      'of the environment',
      () => write('environment.d/10-x.bash', 'export X=2\n'),
      ['shared', 'whole', 'shared text'],
    ],
    [
      'of a hook of an install type',
      () => write('install.d/x-source-install/50-x', 'z', 0o755),
      ['shared', 'whole'],
    ],
    [
      'of where a link points',
      () => symlinkSync('elsewhere', join(hooks, 'bin/link')),
      ['shared', 'whole', 'shared text'],
    ],
    [
      'of what lies beside scripts and cannot be run',
      () => write('install.d/functions', 'function f { :; }\n'),
      ['shared', 'whole'],
    ],
    [
      'of what can be run beside scripts but has no name of a hook',
      () => write('install.d/functions.sh', 'function f { :; }\n', 0o755),
      ['shared', 'whole', 'install.d/functions.sh'],
    ],
    ['of what no hook reads', () => write('README.md', '# y\n'), ['whole']],
    ['of a package map, which is read before', () => write('pkg-map', '{"a": 1}'), ['whole']],
    ['of what is fetched before', () => write('source-repository-x', 'x git /x https://x/x'), ['whole']],
    ['of times alone', () => utimesSync(join(hooks, 'install.d/50-x'), 1, 1), []],
  ])('%s', async (_, change, touched) => {
    expect(await touchedBy(change)).toEqual(touched);
  });
});

describe('a file of environment.d', () => {
  const guarded = `# A disk.
case \${ARCH:-} in
    ppc* | s390x)
        echo "no disk for $ARCH" >&2
        exit 1
        ;;
esac
export DIB_BLOCK_DEVICE=efi
`;

  test('that only sets variables of the outputs is kept apart', async () => {
    const touched = await touchedBy(() => write('environment.d/15-disk.bash', guarded));
    expect(touched).toEqual(['whole']);
    const { exports } = await digests();
    expect(exports.map(({ names }) => names)).toEqual([['DIB_BLOCK_DEVICE']]);
    write('environment.d/15-disk.bash', guarded.replace('efi', 'gpt'));
    expect((await digests()).exports[0]?.digest).not.toBe(exports[0]?.digest);
  });

  test.each([
    ['sets another variable', 'export FRUIT=apple'],
    ['sets it without exporting', 'FRUIT=apple'],
    ['takes a value from elsewhere', 'export FS_TYPE=$FRUIT'],
    ['runs something', 'export FS_TYPE=$(fruit)'],
    ['runs something more', 'touch /fruit'],
    ['reads another file', '. fruit'],
    ['makes a function', 'function fruit { echo; }'],
  ])('that %s is shared by all', async (_, line) => {
    const touched = await touchedBy(() => write('environment.d/15-disk.bash', `${guarded}${line}\n`));
    expect(touched).toEqual(['shared', 'whole', 'shared text']);
    expect((await digests()).exports).toEqual([]);
  });

  test('that sets nothing is shared by all', async () => {
    const touched = await touchedBy(() => write('environment.d/15-disk.bash', '# nothing\n'));
    expect(touched).toEqual(['shared', 'whole', 'shared text']);
  });
});
