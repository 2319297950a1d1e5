// SPDX-License-Identifier: Apache-2.0
/** The commands of a line of code, each as its words: keywords, assignments and `sudo` in front are left out. */
export function commandsIn(code: string): readonly (readonly string[])[] {
  return code
    .split(/\$\(|[;&|()`]|\{\s/)
    .map((piece) => commandOf(piece.trim().split(/\s+/).map(withoutQuotes)))
    .filter(([first]) => first !== undefined && first !== '');
}

const keywords = new Set(['then', 'do', 'else', 'elif', 'if', 'while', 'until', '!', '{', 'time', 'exec']);

/** Commands that run the command behind them. */
const runners = new Set(['sudo', 'env', 'nice', 'xargs', 'eatmydata', 'run_in_target', 'in_target']);

function commandOf(words: readonly string[]): readonly string[] {
  const [first = '', ...rest] = words;
  if (keywords.has(first) || /^[A-Za-z_]\w*\+?=/.test(first)) return commandOf(rest);
  if (first === 'command' && !rest[0]?.startsWith('-')) return commandOf(rest);
  if (first === 'chroot') return commandOf(rest.filter((word) => !word.startsWith('-')).slice(1));
  if (runners.has(first)) return commandOf(rest.slice(rest.findIndex((word) => !word.startsWith('-'))));
  return words;
}

const withoutQuotes = (word: string): string => word.replaceAll(/^["']+|["']+$/g, '');
