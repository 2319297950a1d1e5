// SPDX-License-Identifier: Apache-2.0
import { jsonReporter } from './json.ts';
import { createMask, maskEvent } from './mask-secrets.ts';
import { noneReporter } from './none.ts';
import { plainReporter } from './plain.ts';
import { profileReporter } from './profile.ts';
import type { Reporter, ReporterOptions } from './reporter.ts';
import { ttyReporter } from './tty.ts';

/** The ways to show progress. A new one is a file beside this and a line here. */
export const reporters = {
  tty: ttyReporter,
  plain: plainReporter,
  json: jsonReporter,
  none: noneReporter,
} as const satisfies Record<string, (options: ReporterOptions) => Reporter>;

export type ReporterStyle = keyof typeof reporters;

export type ReportRequest = ReporterOptions & {
  /** One of ours, or what makes another. */
  readonly style: ReporterStyle | ((options: ReporterOptions) => Reporter);
  /** Is given the whole build as plain lines, always with timestamps, whatever the style. */
  readonly logFile?: (text: string) => void;
  /** Is given what `--profile` writes, entry by entry. */
  readonly profile?: (entry: string) => void;
  /** Values of its names that look like secrets are masked in everything that is written. */
  readonly environment: Readonly<Record<string, string | undefined>>;
};

export function createReporter(request: ReportRequest): Reporter {
  const mask = createMask(request.environment);
  const { logFile, profile, style } = request;
  const show = typeof style === 'function' ? style : reporters[style];
  const options = { ...request, failure: mask.inside(request.failure) };
  const targets: readonly Reporter[] = [
    show(options),
    ...(logFile === undefined
      ? []
      : [plainReporter({ ...options, write: logFile, timestamps: true, image: undefined })]),
    ...(profile === undefined ? [] : [profileReporter(profile)]),
  ];
  return {
    event: (event) => {
      const masked = maskEvent(mask, event);
      for (const target of targets) target.event(masked);
    },
    close: () => {
      for (const target of targets) target.close();
    },
  };
}
