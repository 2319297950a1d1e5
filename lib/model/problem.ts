// SPDX-License-Identifier: Apache-2.0
/**
 * Something wrong with what the user asked for, found before the first step.
 * The pure half returns these; they are reported together and end in exit status 2.
 */
export type Problem = {
  /** One sentence that names the thing and what is wrong with it, no full stop at the end. */
  readonly message: string;
  /** What to do about it, one sentence each. */
  readonly hints?: readonly string[];
  /** Where in a file the user wrote; lines and columns count from 1. */
  readonly location?: {
    readonly path: string;
    readonly line?: number;
    readonly column?: number;
    /** The offending line itself, for display. */
    readonly text?: string;
  };
};

/** A value, or every reason there is none. */
export type Result<T> =
  { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problems: readonly Problem[] };

export const success = <T>(value: T): Result<T> => ({ ok: true, value });
export const failed = (...problems: readonly Problem[]): Result<never> => ({ ok: false, problems });
