// SPDX-License-Identifier: Apache-2.0
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem } from '../model/problem.ts';
import type { Setting } from './setting.ts';

export type OptionShape = Pick<Setting<unknown>, 'flags' | 'argument'>;

/** Options spelt out and in front, each argument a word of its own, then `--`, then one operand a word. */
export type CanonicalArguments = {
  readonly words: readonly string[];
  readonly problems: readonly Problem[];
};

/**
 * Reads a command line as GNU getopt does: options may follow operands, long names may be cut short while they stay
 * unambiguous, one-letter options may share a word, and `--` ends the options. Beyond that, as dib has it, empty
 * words count for nothing and an operand may hold several names between blanks. Whatever is wrong is left out and told.
 */
export function normaliseArguments(
  argv: readonly string[],
  options: readonly OptionShape[],
): CanonicalArguments {
  const reading: Reading = { options, optionWords: [], operands: [], problems: [], rest: [...argv] };
  for (let word = reading.rest.shift(); word !== undefined; word = reading.rest.shift()) {
    if (word === '--') reading.operands.push(...reading.rest.splice(0).flatMap(namesIn));
    else if (word.startsWith('--')) readLong(reading, word);
    else if (word.startsWith('-') && word !== '-') readShort(reading, word);
    else reading.operands.push(...namesIn(word));
  }
  const { optionWords, operands, problems } = reading;
  return { words: [...optionWords, '--', ...operands], problems };
}

type Reading = {
  readonly options: readonly OptionShape[];
  readonly optionWords: string[];
  readonly operands: string[];
  readonly problems: Problem[];
  readonly rest: string[];
};

const namesIn = (word: string): readonly string[] => word.split(/\s+/).filter((name) => name !== '');

function readLong(reading: Reading, word: string): void {
  const equals = word.indexOf('=');
  const wanted = equals === -1 ? word : word.slice(0, equals);
  const attached = equals === -1 ? null : word.slice(equals + 1);
  const flag = longFlag(reading, wanted);
  if (flag === null) return;
  const { argument } = optionWith(reading.options, flag);
  if (argument === null && attached !== null) {
    reading.problems.push({ message: `option ${flag} takes no argument, but ${word} gives one` });
  } else if (argument?.isOptional === true) {
    reading.optionWords.push(attached === null ? flag : `${flag}=${attached}`);
  } else if (argument === null) {
    reading.optionWords.push(flag);
  } else {
    pushWithArgument(reading, flag, attached);
  }
}

function longFlag({ options, problems }: Reading, wanted: string): string | null {
  const known = options.flatMap(({ flags }) => flags).filter((flag) => flag.startsWith('--'));
  if (known.includes(wanted)) return wanted;
  const candidates = known.filter((flag) => flag.startsWith(wanted));
  const [only] = candidates;
  if (only !== undefined && candidates.length === 1) return only;
  problems.push(
    candidates.length > 1
      ? { message: `option ${wanted} is ambiguous`, hints: [`it may mean ${candidates.join(' or ')}`] }
      : { message: `unknown option ${wanted}`, hints: nearOptions(wanted, known) },
  );
  return null;
}

function readShort(reading: Reading, word: string): void {
  if (isLongByMistake(reading, word)) {
    reading.problems.push(unknownLetter(reading, word.slice(0, 2), word));
    return;
  }
  for (let index = 1; index < word.length; index++) {
    const flag = `-${word.charAt(index)}`;
    const option = reading.options.find(({ flags }) => flags.includes(flag));
    if (option === undefined) {
      reading.problems.push(unknownLetter(reading, flag, word));
      return;
    }
    if (option.argument !== null) {
      pushWithArgument(reading, flag, word.slice(index + 1) || null);
      return;
    }
    reading.optionWords.push(flag);
  }
}

/** `-mkfs-options` was never a `-m`. What begins with an older letter is read as ever: `-offline` names the image. */
const isLongByMistake = ({ options }: Reading, word: string): boolean =>
  word.startsWith('-m') && options.some(({ flags }) => flags.includes(`-${word.split('=')[0] ?? ''}`));

function unknownLetter({ options }: Reading, flag: string, word: string): Problem {
  const known = options.flatMap(({ flags }) => flags);
  const [beforeEquals = word] = word.split('=');
  return {
    message: flag === word ? `unknown option ${flag}` : `unknown option ${flag} in ${word}`,
    hints: nearOptions(word.length > 2 ? `-${beforeEquals}` : word, known),
  };
}

function pushWithArgument(reading: Reading, flag: string, attached: string | null): void {
  const value = attached ?? reading.rest.shift();
  if (value !== undefined) reading.optionWords.push(flag, value);
  else
    reading.problems.push({
      message: `option ${flag} needs an argument`,
      hints: [argumentHint(reading, flag)],
    });
}

const argumentHint = ({ options }: Reading, flag: string): string =>
  `write it as ${flag} ${optionWith(options, flag).argument?.name ?? ''}`;

function nearOptions(wanted: string, known: readonly string[]): readonly string[] {
  const near = wanted.length > 2 ? didYouMean(wanted, known) : [];
  return near.length > 0 ? near : ['--help lists every option'];
}

function optionWith(options: readonly OptionShape[], flag: string): OptionShape {
  const found = options.find(({ flags }) => flags.includes(flag));
  if (found === undefined) throw new Error(`no option has the flag ${flag}`);
  return found;
}
