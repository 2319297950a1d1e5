// SPDX-License-Identifier: Apache-2.0
import { displayWidth } from './fit-width.ts';

/** The last lines of a terminal, redrawn in place, with finished lines growing above them. */
export type LiveArea = {
  /** Puts lines above the area for good and draws the area anew, in one write. */
  readonly draw: (finished: readonly string[], live: readonly string[]) => void;
};

/**
 * Lines are overwritten, then erased to their end, so nothing is blank in between; the cursor rests below the area, where a
 * shell prompt may follow whatever happens. Live lines must fit the width; those drawn before the terminal became
 * narrower have been wrapped by it, so their rows are counted again with the width of now.
 */
export function createLiveArea(write: (text: string) => void, columns: () => number): LiveArea {
  let drawn: readonly string[] = [];
  return {
    draw: (finished, live) => {
      const rows = drawn.reduce((sum, line) => sum + rowsOf(line, columns()), 0);
      const up = rows === 0 ? '' : `\u001b[${rows}A\r`;
      const lines = [...finished, ...live].map((line) => `${line}${eraseRest(line, columns())}\n`).join('');
      drawn = live;
      if (up !== '' || lines !== '') write(`${up}${lines}${up === '' ? '' : '\u001b[J'}`);
    },
  };
}

const rowsOf = (line: string, columns: number): number =>
  Math.max(1, Math.ceil(displayWidth(line) / Math.max(1, columns)));

/** A line that just fills its row leaves the cursor on its last character, which would be erased. */
const eraseRest = (line: string, columns: number): string =>
  line !== '' && displayWidth(line) % columns === 0 ? '' : '\u001b[K';
