// SPDX-License-Identifier: Apache-2.0
import { describeFailure } from './describe-failure.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';

/** One event a line, as the worker said it; a failure's words go to standard error besides. */
export function jsonReporter({ write, writeError, failure }: ReporterOptions): Reporter {
  return {
    event: (event) => {
      write(`${JSON.stringify(event)}\n`);
      if (event.kind === 'build-failed') writeError(describeFailure(event.failure, failure));
    },
    close: () => undefined,
  };
}
