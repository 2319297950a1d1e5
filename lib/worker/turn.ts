// SPDX-License-Identifier: Apache-2.0
import type { Interface } from 'node:readline';
import type { TurnWanted } from '../model/event.ts';

/** The right to work. Builds of one command have only as many as the machine can bear, and hand them on while they wait. */
export type Turn = {
  readonly handOn: () => void;
  /** Waits for it after it was handed on. Comes back as well when the build is told to stop. */
  readonly take: () => Promise<void>;
};

/** Of a build that shares with none. */
export const ownTurn: Turn = { handOn: () => undefined, take: () => Promise.resolve() };

/** Asked for with a line to whom started the worker, who answers with a line. A worker begins with a turn. */
export function sharedTurn(answers: Interface, ask: (question: TurnWanted) => void, stop: AbortSignal): Turn {
  let isOurs = true;
  return {
    handOn: () => {
      isOurs = false;
    },
    take: async () => {
      if (isOurs || stop.aborted) return;
      const answered = new Promise<void>((resolve) => {
        for (const event of ['line', 'close'] as const) answers.once(event, () => resolve());
      });
      ask({ kind: 'turn-wanted' });
      await answered;
      isOurs = true;
    },
  };
}
