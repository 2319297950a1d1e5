// SPDX-License-Identifier: Apache-2.0

/** A shell's pattern for a name as a regular expression: `*`, `?` and `[…]`; anything else stands for itself. */
export function globPattern(glob: string): RegExp {
  const source = glob.replaceAll(/\[(!?)([^\]]+)\]|[^]/g, (one: string, negation?: string, set?: string) => {
    if (set !== undefined)
      return `[${negation === '!' ? '^' : ''}${set.replaceAll(/[\\^]/g, String.raw`\$&`)}]`;
    if (one === '*') return '[^/]*';
    return one === '?' ? '[^/]' : one.replace(/[$()*+.?[\\\]^{|}]/, String.raw`\$&`);
  });
  return new RegExp(`^${source}$`);
}
