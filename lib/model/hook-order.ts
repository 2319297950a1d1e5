// SPDX-License-Identifier: Apache-2.0

/** Names that dib-run-parts takes unless RUN_PARTS_REGEX says otherwise. */
export const defaultHookNames = '^[0-9A-Za-z_-]+$';

/** The pattern of RUN_PARTS_REGEX, an extended regular expression. @throws SyntaxError when it is none. */
export const hookNames = (pattern: string = defaultHookNames): RegExp => new RegExp(posixClasses(pattern));

/** `[[:alnum:]]` and its like, which JavaScript does not know. */
const posixClasses = (pattern: string): string =>
  pattern
    .replaceAll('[:alnum:]', 'A-Za-z0-9')
    .replaceAll('[:alpha:]', 'A-Za-z')
    .replaceAll('[:digit:]', '0-9')
    .replaceAll('[:upper:]', 'A-Z')
    .replaceAll('[:lower:]', 'a-z')
    .replaceAll('[:punct:]', '!-\\/:-@\\[-`{-~');

/** The order of `LC_ALL=C sort -n`: by the number a name begins with, none counting as 0, then by bytes. */
export function compareHookNames(a: string, b: string): number {
  return leadingNumber(a) - leadingNumber(b) || compareBytes(a, b);
}

/** The order of UTF-8 bytes, as the C locale sorts. */
export function compareBytes(a: string, b: string): number {
  return a === b ? 0 : Buffer.compare(Buffer.from(a), Buffer.from(b));
}

const leadingNumber = (name: string): number => Number.parseInt(/^-?\d+/.exec(name)?.[0] ?? '0', 10);
