// SPDX-License-Identifier: Apache-2.0
import { stripVTControlCharacters } from 'node:util';

/** A program's line as it would stand on a terminal: no escapes, no control characters, only what the last `\r` left. */
export function settledLine(line: string): string {
  const plain = stripVTControlCharacters(line).replace(/\t/g, '  ').trimEnd();
  return plain.slice(plain.lastIndexOf('\r') + 1).replace(/[\u0000-\u001f\u007f-\u009f]/g, '');
}

/** Terminal columns that a text takes; escape sequences take none. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of stripVTControlCharacters(text)) width += characterWidth(character);
  return width;
}

/** A text without escapes, cut to fit, with `…` for what was cut. */
export function cutToWidth(text: string, columns: number): string {
  if (displayWidth(text) <= columns) return text;
  let kept = '';
  let width = 0;
  for (const character of text) {
    width += characterWidth(character);
    if (width > columns - 1) break;
    kept += character;
  }
  return columns > 0 ? `${kept}…` : '';
}

const combining = /^[\p{Mn}\p{Me}\p{Cf}]$/u;
/** Blocks that terminals draw over two columns: Hangul, CJK, full-width forms, pictographs. */
const wide =
  /^[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff00-\uff60\uffe0-\uffe6\u{1f300}-\u{1faff}\u{20000}-\u{3fffd}]$/u;

function characterWidth(character: string): number {
  if (character < '\u0300') return 1;
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
