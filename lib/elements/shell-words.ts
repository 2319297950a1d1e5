// SPDX-License-Identifier: Apache-2.0
/** The words of a simple command with their quotes still on; null when there is more to it than words. */
export function splitWords(line: string): readonly string[] | null {
  const words: string[] = [];
  let rest = line;
  while (rest !== '') {
    const length = wordLength(rest);
    if (length === null) return null;
    words.push(rest.slice(0, length));
    rest = rest.slice(length).trimStart();
    if (rest.startsWith('#')) break;
  }
  return words;
}

/** Length of the first word; null when it is unfinished or an operator of the shell stands in it. */
function wordLength(text: string): number | null {
  let position = 0;
  while (position < text.length) {
    const character = text.charAt(position);
    if (/\s/.test(character)) return position;
    if (/[;&|<>()`]/.test(character)) return null;
    const end = partEnd(text, position);
    if (end === null) return null;
    position = end;
  }
  return position;
}

/** Where the quoted part, expansion or character that begins at `start` ends; null when it does not. */
export function partEnd(text: string, start: number): number | null {
  const character = text.charAt(start);
  if (character === '\\') return start + 2;
  if (character === "'") return endAfter(text.indexOf("'", start + 1));
  if (character === '"') return doubleQuotedEnd(text, start);
  if (character === '$' && text.charAt(start + 1) === '{') return bracedEnd(text, start);
  return start + 1;
}

const endAfter = (index: number): number | null => (index < 0 ? null : index + 1);

function doubleQuotedEnd(text: string, start: number): number | null {
  let position = start + 1;
  while (position < text.length) {
    const character = text.charAt(position);
    if (character === '"') return position + 1;
    const end = character === '$' || character === '\\' ? partEnd(text, position) : position + 1;
    if (end === null) return null;
    position = end;
  }
  return null;
}

function bracedEnd(text: string, start: number): number | null {
  let position = start + 2;
  while (position < text.length) {
    if (text.charAt(position) === '}') return position + 1;
    const end = partEnd(text, position);
    if (end === null) return null;
    position = end;
  }
  return null;
}
