// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { checkInitFragments } from '../../../lib/host/check-init-fragments.ts';
import type { Host } from '../../../lib/host/host.ts';
import { fragmentFunction } from '../../../lib/model/init-fragment.ts';
import type { InitFragment } from '../../../lib/model/init-fragment.ts';

/** A machine whose shells answer by the text they are given; `ok` is what they can read. */
function machine(words: Readonly<Record<'sh' | 'bash', (text: string) => string>>) {
  const asked: string[] = [];
  const refuse = (): never => {
    throw new Error('not asked for');
  };
  const host: Host = {
    run: ({ argv: [shell, ...rest], input = '' }) => {
      asked.push([shell, ...rest].join(' '));
      const answer = words[shell === 'bash' ? 'bash' : 'sh'](input);
      const exitStatus = answer === 'ok' ? 0 : 2;
      return Promise.resolve({ exitStatus, signal: null, stdout: '', lastLines: answer.split('\n') });
    },
    hash: refuse,
    runOnTerminal: refuse,
  };
  return { host, asked };
}

const fragment = (name: string, text: string): InitFragment => ({
  name,
  element: 'pear',
  path: `init.d/${name}`,
  text,
});

const fileOf = ({ path }: InitFragment): string => `/elements/pear/${path}`;

test('what sh reads needs nothing else', async () => {
  const texts: string[] = [];
  const { host, asked } = machine({ sh: (text) => (texts.push(text), 'ok'), bash: () => 'ok' });
  const checked = await checkInitFragments(host, [fragment('10-a', 'echo a\n')], fileOf);
  expect(checked).toEqual({ shell: '/bin/sh', problems: [] });
  expect(asked).toEqual(['sh -n -s', 'sh -n -s']);
  expect(texts).toEqual(['echo a\n', fragmentFunction('echo a\n')]);
});

test('what only bash reads, or says that it is for bash, makes /init a bash script', async () => {
  const words = {
    sh: (text: string) => (text.includes('list=') ? 'sh: 3: Syntax error' : 'ok'),
    bash: () => 'ok',
  };
  const plain = fragment('10-a', 'echo a\n');
  const arrays = machine(words);
  expect(await checkInitFragments(arrays.host, [plain, fragment('20-b', 'list=(a b)\n')], fileOf)).toEqual({
    shell: '/bin/bash',
    problems: [],
  });
  const shebang = machine(words);
  const checked = await checkInitFragments(shebang.host, [fragment('20-b', '#!/bin/bash\necho\n')], fileOf);
  expect(checked).toEqual({ shell: '/bin/bash', problems: [] });
  expect(shebang.asked).toEqual(['bash -n -s', 'bash -n -s']);
});

test('what neither reads is a problem at its line, in the words of sh', async () => {
  const { host } = machine({
    sh: () => 'sh: 2: Syntax error: "fi" unexpected',
    bash: () => "bash: line 2: syntax error near unexpected token `fi'\nbash: line 2: `fi'",
  });
  const text = 'echo a\nfi\n';
  expect(await checkInitFragments(host, [fragment('10-a', text)], fileOf)).toEqual({
    shell: '/bin/sh',
    problems: [
      {
        message: 'init.d/10-a of element `pear` cannot be read by a shell: Syntax error: "fi" unexpected',
        hints: ['it becomes part of /init in the RAM disk: mend it, or leave the element out'],
        location: { path: '/elements/pear/init.d/10-a', line: 2, text: 'fi' },
      },
    ],
  });
});

test('what would take in what follows it is a problem of the last line', async () => {
  const inPlace = (words: string) => (text: string) => (text.startsWith('init_fragment') ? words : 'ok');
  const { host } = machine({
    sh: inPlace('sh: 7: Syntax error: end of file unexpected'),
    bash: inPlace('bash: line 7: syntax error: unexpected end of file'),
  });
  const { problems } = await checkInitFragments(host, [fragment('10-a', 'cat <<END\necho a\n')], fileOf);
  expect(problems.map(({ location }) => location)).toEqual([
    { path: '/elements/pear/init.d/10-a', line: 2, text: 'echo a' },
  ]);
});
