// SPDX-License-Identifier: Apache-2.0
import { defineConfig } from 'vitest/config';

/** `quick` needs neither root nor network; `real` mounts, bootstraps and boots. */
export default defineConfig({
  test: {
    reporters: ['default', './test/support/closing-line-reporter.ts'],
    projects: [
      {
        extends: true,
        test: {
          name: 'quick',
          include: ['test/{unit,contracts,plans,cli}/**/*.test.ts'],
          testTimeout: 20_000,
          maxWorkers: '100%',
          // A process for each file takes longer than most files.
          isolate: false,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        test: {
          name: 'real',
          globalSetup: './test/support/layer-cache.ts',
          include: ['test/{integration,boot}/**/*.test.ts'],
          testTimeout: 900_000,
          hookTimeout: 1_200_000,
          // A build or a boot keeps little more than one core busy, and takes up to 3 GiB of memory.
          maxWorkers: 2,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
