// SPDX-License-Identifier: Apache-2.0
import { readFileSync, writeFileSync } from 'node:fs';

/** Replaces what stands between `<!-- NAME: begin -->` and `<!-- NAME: end -->`. @throws Error without these marks. */
export function replaceBetweenMarks(text: string, name: string, content: string): string {
  const [opening, closing] = [`<!-- ${name}: begin -->`, `<!-- ${name}: end -->`];
  const [begin, end] = [text.indexOf(opening), text.indexOf(closing)];
  if (begin < 0 || end < begin) throw new Error(`there is no ${opening} … ${closing}`);
  return `${text.slice(0, begin)}${opening}\n\n${content}\n\n${text.slice(end)}`;
}

export function writeBetweenMarks(file: string, name: string, content: string): void {
  writeFileSync(file, replaceBetweenMarks(readFileSync(file, 'utf8'), name, content));
}
