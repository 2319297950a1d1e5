// SPDX-License-Identifier: Apache-2.0
/** What a serial console has shown, as plain text: no escapes, every line ended by `\n`. */
export type ConsoleText = {
  readonly add: (chunk: string) => void;
  readonly text: () => string;
};

/** Enough for any boot; a guest that prints without end must not fill our memory. */
const longestText = 8_000_000;

export function createConsoleText(): ConsoleText {
  let [text, pending] = ['', ''];
  return {
    add: (chunk) => {
      const [ready, rest] = splitBeforePartial(pending + chunk);
      pending = rest;
      text += plainText(ready);
      if (text.length > longestText) text = text.slice(-longestText / 2);
    },
    text: () => text,
  };
}

/** The last lines that are not blank, oldest first. */
export function lastConsoleLines(text: string, count: number): readonly string[] {
  return text
    .slice(-20_000)
    .split('\n')
    .map((line) => line.trimEnd())
    .filter((line) => line !== '')
    .slice(-count);
}

const partialAtEnd = /(?:\u001b(?:\[[0-?]*[ -/]*|\][^\u0007\u001b]*\u001b?|[ -/]*)?|\r+)$/;
const cursorMove = /\u001b\[[0-9;]*[Hf]/g;
const escapes = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)|[ -/]*[0-~])/g;
const controls = /[\u0000-\u0008\u000b-\u001f\u007f]/g;

/** A sequence that the next chunk may complete is kept for it. */
function splitBeforePartial(text: string): readonly [string, string] {
  const partial = partialAtEnd.exec(text);
  const longestSequence = 200;
  if (partial === null || partial[0].length > longestSequence) return [text, ''];
  return [text.slice(0, partial.index), partial[0]];
}

/** Firmware and boot menus place their lines with cursor moves, which are line ends here. */
function plainText(raw: string): string {
  return raw
    .replace(cursorMove, '\n')
    .replace(escapes, '')
    .replace(/\r+\n|\r+/g, '\n')
    .replace(controls, '');
}
