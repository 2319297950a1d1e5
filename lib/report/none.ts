// SPDX-License-Identifier: Apache-2.0
import { describeFailureOf } from './describe-failure.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';

/** Silence on standard output; only a failure is told, on standard error. */
export function noneReporter({ writeError, failure, image }: ReporterOptions): Reporter {
  return {
    event: (event) => {
      if (event.kind === 'build-failed') writeError(describeFailureOf(image, event.failure, failure));
    },
    close: () => undefined,
  };
}
