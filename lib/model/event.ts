// SPDX-License-Identifier: Apache-2.0
import type { Failure } from './failure.ts';

/**
 * Everything that can be said of a running build. The worker writes one JSON object a line;
 * reporters turn them into a picture, lines or JSON. Times are milliseconds since the epoch, spans are milliseconds.
 */
export type BuildEvent = { readonly at: number } & BuildEventBody;

export type BuildEventBody =
  /** The first event: what is about to happen. `steps` counts those of `plan.tree`. */
  | {
      readonly kind: 'build-started';
      readonly name: string;
      readonly isolation: string;
      readonly steps: number;
    }
  /** Hooks have added others, or taken some away: there are now so many steps where `build-started` had another number. */
  | { readonly kind: 'steps-counted'; readonly steps: number }
  | { readonly kind: 'phase-started'; readonly phase: string }
  | { readonly kind: 'phase-finished'; readonly phase: string; readonly milliseconds: number }
  /** `step` counts from 0 through the whole build; `title` is `install.d/50-x` or what is being done. */
  | {
      readonly kind: 'step-started';
      readonly step: number;
      readonly phase: string;
      readonly title: string;
      readonly element: string;
    }
  | {
      readonly kind: 'step-reused';
      readonly step: number;
      readonly phase: string;
      readonly title: string;
      readonly element: string;
    }
  | {
      readonly kind: 'step-finished';
      readonly step: number;
      readonly phase: string;
      readonly title: string;
      readonly element: string;
      readonly milliseconds: number;
    }
  /** A line that a hook or tool printed, without its line end. */
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }
  /** A shell is about to take the terminal, or has given it back. */
  | { readonly kind: 'terminal'; readonly taken: boolean; readonly why: string }
  | {
      readonly kind: 'output-made';
      readonly format: string;
      readonly file: string;
      /** Length as `ls -l` says, and what is allocated on disk. */
      readonly bytes: number;
      readonly allocatedBytes: number;
      readonly checksums: Readonly<Record<string, string>>;
      readonly milliseconds: number;
      /** Copied from the store, since nothing it is made of has changed. */
      readonly isReused: boolean;
    }
  | { readonly kind: 'build-failed'; readonly failure: Failure }
  | { readonly kind: 'build-finished'; readonly milliseconds: number };
