// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { initFragments } from '../../../lib/ramdisk/init-fragments.ts';

const file = (element: string, path: string) => ({ element, path, text: `echo ${element}\n` });

test('fragments of init.d come in the order of hooks, then flat ones in the order of elements', () => {
  const files = [
    file('pear', 'init'),
    file('pear', 'init.d/80-deploy'),
    file('apple', 'init.d/9-early'),
    file('apple', 'init.d/hwdiscovery'),
    file('apple', 'init.d/10-Second'),
    file('apple', 'init.d/10-first.sh'),
    file('apple', 'init'),
  ];
  expect(initFragments(files).map(({ name, element }) => `${name} ${element}`)).toEqual([
    'hwdiscovery apple',
    '9-early apple',
    '10-Second apple',
    '10-first.sh apple',
    '80-deploy pear',
    'init pear',
    'init apple',
  ]);
  expect(initFragments(files)[4]).toEqual({ name: '80-deploy', ...file('pear', 'init.d/80-deploy') });
});

test('what editors leave, other directories and deeper files are none', () => {
  const paths = ['init.d/.80-deploy.swp', 'init.d/80-deploy~', 'init.d/more/80-deploy', 'init-scripts/init'];
  expect(initFragments(paths.map((path) => file('apple', path)))).toEqual([]);
});
