// SPDX-License-Identifier: Apache-2.0
import { describeFailureOf } from './describe-failure.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';

/** One event a line, as the worker said it; a failure's words go to standard error besides. */
export function jsonReporter({ write, writeError, failure, image }: ReporterOptions): Reporter {
  const name = image === undefined ? {} : { image };
  return {
    event: (event) => {
      write(`${JSON.stringify({ ...name, ...event })}\n`);
      if (event.kind === 'build-failed') writeError(describeFailureOf(image, event.failure, failure));
    },
    close: () => undefined,
  };
}
