// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import type { Isolation } from '../../../lib/host/isolation.ts';
import { storeKind } from '../../../lib/host/isolation.ts';
import { workerCommand } from '../../../lib/host/launch-worker.ts';
import { packageRoot } from '../../../lib/host/package-root.ts';
import { hostPath } from '../../../lib/model/brands.ts';
import { storeIn } from '../../../lib/model/store-paths.ts';

function commandFor(isolation: Isolation, cores = 2): readonly string[] {
  const store = storeIn(hostPath('/cache'), storeKind(isolation));
  const command = workerCommand({ isolation, cores }, store, 'build-1');
  return command.map((word) => word.replaceAll(packageRoot, '{root}').replace(process.execPath, '{node}'));
}

const namespaces = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc', '--'];

const lockedWorker = (store: string, threads: number): readonly string[] => [
  ...['flock', '--shared', '--no-fork', `${store}/lock`],
  ...['flock', '--exclusive', '--no-fork', `${store}/work/build-1.lock`],
  ...['env', `UV_THREADPOOL_SIZE=${threads}`, '{node}', '{root}/dist/worker/main.js'],
];

test('root gets namespaces that die with the command, and the locks of the store', () => {
  expect(commandFor('root')).toEqual([
    ...['setpriv', '--pdeathsig', 'KILL', '--', 'unshare', ...namespaces],
    ...lockedWorker('/cache/store/root', 4),
  ]);
});

test('an ordinary user gets a namespace of ids too, and a store of its own', () => {
  expect(commandFor('user-namespace', 16)).toEqual([
    ...[
      'setpriv',
      '--pdeathsig',
      'KILL',
      '--',
      'unshare',
      '--user',
      '--map-root-user',
      '--map-auto',
      ...namespaces,
    ],
    ...lockedWorker('/cache/store/user', 16),
  ]);
});

test('sudo is asked for the one command that the rule allows', () => {
  expect(commandFor('sudo')).toEqual(['sudo', '-n', '--', '{root}/bin/diskimage-builder', 'worker']);
});
