// SPDX-License-Identifier: Apache-2.0
import { keepStoreSmall } from './keep-store-small.ts';
import type { AddSubcommand } from './subcommand.ts';

/** `diskimage-builder worker`, which sudo starts: see `lib/host/launch-worker.ts`. Not for people. */
export const addWorker: AddSubcommand = (program, { input, write }, finish) => {
  program
    .command('worker', { hidden: true })
    .description('Reads a plan from standard input, carries it out as root and prints events.')
    .action(async () => {
      const { relayWorker } = await import('../host/relay-worker.ts');
      const plan = await relayWorker(input(), (event) => write(`${JSON.stringify(event)}\n`));
      if (plan !== null) await keepStoreSmall(plan, 'root');
      finish(0);
    });
};
