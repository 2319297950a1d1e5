// SPDX-License-Identifier: Apache-2.0
import type { Failure } from './failure.ts';
import type { Usage } from './usage.ts';

/**
 * Everything that can be said of a running build. The worker writes one JSON object a line;
 * reporters turn them into a picture, lines or JSON. Times are milliseconds since the epoch, spans are milliseconds.
 */
export type BuildEvent = { readonly at: number } & BuildEventBody;

export type BuildEventBody =
  /** The command itself was started, at this time; told later, once it is known that it builds. */
  | { readonly kind: 'program-started' }
  /** The worker's first event: what is about to happen. `steps` counts those of `plan.tree`. */
  | {
      readonly kind: 'build-started';
      readonly name: string;
      readonly isolation: string;
      readonly steps: number;
    }
  /** Hooks have added others, or taken some away: there are now so many steps where `build-started` had another number. */
  | { readonly kind: 'steps-counted'; readonly steps: number }
  | { readonly kind: 'phase-started'; readonly phase: string }
  | {
      readonly kind: 'phase-finished';
      readonly phase: string;
      readonly milliseconds: number;
      readonly usage?: Usage;
    }
  /** `step` counts from 0 through the whole build; `title` is `install.d/50-x` or what is being done. */
  | {
      readonly kind: 'step-started';
      readonly step: number;
      readonly phase: string;
      readonly title: string;
      readonly element: string;
    }
  /** Another build is making the same step: this one waits, and then goes on with what that one made, or makes it itself. */
  | {
      readonly kind: 'step-waiting';
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
      /** What its layer is found by; missing where it is found by what it holds. */
      readonly key?: string;
    }
  | {
      readonly kind: 'step-finished';
      readonly step: number;
      readonly phase: string;
      readonly title: string;
      readonly element: string;
      /** What its layer is found by; missing where it is found by what it holds. */
      readonly key?: string;
      readonly milliseconds: number;
      readonly usage?: Usage;
    }
  /** A line that a hook or tool printed, without its line end. */
  | { readonly kind: 'output'; readonly text: string }
  | { readonly kind: 'note'; readonly text: string }
  | { readonly kind: 'warning'; readonly text: string }
  /** A shell is about to take the terminal, or has given it back. */
  | { readonly kind: 'terminal'; readonly taken: boolean; readonly why: string }
  | { readonly kind: 'output-started'; readonly format: string; readonly file: string }
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
      readonly usage?: Usage;
    }
  | { readonly kind: 'circumstance'; readonly what: Circumstance }
  /** These two are for profiles, and only told when one is asked for. */
  | ({ readonly kind: 'work-finished'; readonly title: string } & FinishedWork)
  | ({
      readonly kind: 'command-finished';
      readonly argv: readonly string[];
      /** Null when a signal ended it. */
      readonly exitStatus: number | null;
      readonly signal: string | null;
    } & FinishedWork)
  | { readonly kind: 'build-failed'; readonly failure: Failure }
  | { readonly kind: 'build-finished'; readonly milliseconds: number };

/** Something that was done, told when it had ended. */
export type FinishedWork = {
  readonly process: 'command' | 'worker';
  /** What it belongs to of several things that go on at once, as the file of an output; null: the only one. */
  readonly track: string | null;
  readonly startedAt: number;
  readonly endedAt: number;
  readonly usage: Usage | null;
};

/** What made the build slower than it could have been. */
export type Circumstance =
  /** The raw image was not kept in memory, since too little was free. */
  | 'image-on-disk'
  /** A layer was made anew since DIB_CACHE_MAX_AGE said so. */
  | 'layer-too-old'
  /** The raw image was made on another file system than that of the output, so it was copied. */
  | 'image-copied';

/** Not about the build: the worker of a build that shares the machine with others of its command asks to go on after it has waited. */
export type TurnWanted = { readonly kind: 'turn-wanted' };
