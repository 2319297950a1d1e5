// SPDX-License-Identifier: Apache-2.0

/**
 * Words as a shell would part them: blanks between, '…' and "…" keep blanks, \ keeps the next character.
 * Nothing is expanded. @returns null when a quotation is never closed.
 */
export function splitWords(text: string): readonly string[] | null {
  const found: string[] = [];
  let rest = text.trimStart();
  while (rest !== '') {
    const word = /^(?:[^\s'"\\]|\\[^]|'[^']*'|"(?:[^"\\]|\\[^])*")+/.exec(rest)?.[0];
    if (word === undefined || /^\S/.test(rest.slice(word.length))) return null;
    found.push(unquoted(word));
    rest = rest.slice(word.length).trimStart();
  }
  return found;
}

const unquoted = (word: string): string =>
  word.replaceAll(
    /\\([^])|'([^']*)'|"((?:[^"\\]|\\[^])*)"/g,
    (_, escaped?: string, single?: string, double = '') =>
      escaped ?? single ?? String(double).replaceAll(/\\([\\"$`])/g, '$1'),
  );
