// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../model/event.ts';
import type { AskedFor } from './advice.ts';
import type { FailureContext } from './describe-failure.ts';

/** Shows a running build. `close` gives the terminal back whatever has happened; events after it are lost. */
export type Reporter = {
  readonly event: (event: BuildEvent) => void;
  readonly close: () => void;
};

/** Everything a reporter knows of the world outside. */
export type ReporterOptions = {
  /** What the user looks at: standard output. */
  readonly write: (text: string) => void;
  /** Where a failure's words go when `write` is not for people to read: standard error. */
  readonly writeError: (text: string) => void;
  /** Width of the terminal, asked for at each drawing. */
  readonly columns: () => number;
  /** Milliseconds since the epoch. */
  readonly now: () => number;
  /** Plain lines begin with the time of day in UTC. */
  readonly timestamps: boolean;
  readonly color: boolean;
  /** DIB_DEBUG_TRACE; above 0 nothing that a hook prints is folded away. */
  readonly trace: number;
  readonly failure: FailureContext;
  /** What is built, for advice at the end; left out: none is given. */
  readonly plan?: AskedFor | undefined;
  /** Names the image where several are built at once: said with everything. */
  readonly image?: string | undefined;
  /** Calls `tick` again and again until the returned function is called; left out: a timer that keeps no process alive. */
  readonly repeat?: (milliseconds: number, tick: () => void) => () => void;
};
