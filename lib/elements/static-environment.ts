// SPDX-License-Identifier: Apache-2.0
import { basename } from 'node:path';

import { partEnd, splitWords } from './shell-words.ts';
import type { ElementName } from '../model/brands.ts';
import { compareBytes } from '../model/hook-order.ts';
import type { LoadedElement } from './read-element.ts';
import type { VariableLookup } from './package-installs.ts';

/** What environment.d makes of the environment, as far as that can be said without running it. */
export type StaticEnvironment = {
  readonly known: Readonly<Record<string, string>>;
  /** Names that are set in a way only a shell can follow. */
  readonly unknown: ReadonlySet<string>;
  /** Some file sources another, so any name not known may be set. */
  readonly isOpen: boolean;
};

/** A file of environment.d by its name, with the element that has it. */
export type EnvironmentFile = {
  readonly file: string;
  readonly element: ElementName;
  readonly text: string;
};

/** The merged environment.d files in the order dib-run-parts sources them: by whole name, bytewise. */
export function namedEnvironmentFiles(elements: readonly LoadedElement[]): readonly EnvironmentFile[] {
  const files = elements.flatMap(({ element, texts }) =>
    [...texts]
      .filter(([path]) => /^environment\.d\/[0-9A-Za-z_.-]+$/.test(path))
      .map(([path, text]) => ({ file: basename(path), element: element.name, text })),
  );
  return files.sort((a, b) => compareBytes(a.file, b.file));
}

export const environmentFiles = (elements: readonly LoadedElement[]): readonly string[] =>
  namedEnvironmentFiles(elements).map(({ text }) => text);

/**
 * Evaluates plain assignments (`export A=b`, `A=${B:-c}`, `A+=d`, `: ${A:=b}`, quotes and all) one after the other. Whatever
 * else may set a name, such as a condition or a command, leaves that name unknown. Starts no process.
 */
export function evaluateEnvironment(
  files: readonly string[],
  start: Readonly<Record<string, string>>,
): StaticEnvironment {
  const state: State = { known: new Map(Object.entries(start)), unknown: new Set(), isOpen: false };
  for (const text of files) evaluateFile(state, text);
  return { known: Object.fromEntries(state.known), unknown: state.unknown, isOpen: state.isOpen };
}

/** Looks names up for whoever has to tell unset from not yet known. */
export function lookupIn({ known, unknown, isOpen }: StaticEnvironment): VariableLookup {
  return (name) => {
    const value = known[name];
    if (value !== undefined) return { value };
    return unknown.has(name) || isOpen ? 'unknown' : 'unset';
  };
}

type State = { readonly known: Map<string, string>; readonly unknown: Set<string>; isOpen: boolean };

/** What follows a `return` may or may not be reached, as what stands inside `if` and its like. */
function evaluateFile(state: State, text: string): void {
  let depth = 0;
  let mayBeLeft = false;
  for (const line of logicalLines(text)) {
    if (opensElsewhere.test(line)) state.isOpen = true;
    const depthAfter = depth + depthChange(line);
    const isCertain = depth === 0 && depthAfter === 0 && !mayBeLeft && !isCompound.test(line);
    if (isCertain) evaluateLine(state, line);
    else forgetAssigned(state, line);
    depth = Math.max(0, depthAfter);
    mayBeLeft ||= /\breturn\b/.test(line);
  }
}

/** Lines less comments, with those that end in a backslash joined. */
const logicalLines = (text: string): readonly string[] =>
  text
    .replaceAll(/\\\n/g, ' ')
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '' && !line.startsWith('#'));

const openers = /(^|[;&|]\s*|\b(?:then|else|do)\s+)(if|for|while|until|case)\b|\{\s*$/g;
const closers = /(^|[;&|]\s*|\s)(fi|done|esac)\b|^\}/g;

const depthChange = (line: string): number =>
  [...line.matchAll(openers)].length - [...line.matchAll(closers)].length;

const isCompound = /&&|\|\||^(if|for|while|until|case)\b/;
const opensElsewhere = /(^|[;&|]\s*)(source|\.|eval)\s+\S/;

function evaluateLine(state: State, line: string): void {
  const words = splitWords(line.replace(/;\s*$/, ''));
  const assignments = words === null ? null : assignmentsOf(words);
  if (assignments === null) {
    forgetAssigned(state, line);
    return;
  }
  for (const { name, word } of assignments) assign(state, name, expandWord(state, word));
}

type Assignment = { readonly name: string; readonly word: string };

/** Null when the line is no plain assignment. */
function assignmentsOf([first, ...rest]: readonly string[]): readonly Assignment[] | null {
  if (first === undefined) return [];
  if (first === ':') return allOrNull(rest.map(defaultAssignment));
  if (first !== 'export') return allOrNull([first, ...rest].map(assignment));
  return allOrNull(rest.filter((word) => !isName.test(word)).map(assignment));
}

const isName = /^[A-Za-z_]\w*$/;

function allOrNull(found: readonly (Assignment | null)[]): readonly Assignment[] | null {
  const present = found.filter((entry) => entry !== null);
  return present.length === found.length ? present : null;
}

/** `A=b`, or `A+=b`; null when `b` itself sets something. */
function assignment(text: string): Assignment | null {
  const [, name, plus, word] = /^([A-Za-z_]\w*)(\+?)=(.*)$/s.exec(text) ?? [];
  if (name === undefined || word === undefined || /\$\{\w+:?=/.test(word)) return null;
  return { name, word: plus === '+' ? `"\${${name}-}"${word}` : word };
}

/** `${A:=b}` or `${A=b}` as the operand of `:`. */
function defaultAssignment(text: string): Assignment | null {
  const [, name, colon = '', value] = /^"?\$\{([A-Za-z_]\w*)(:?)=(.*)\}"?$/s.exec(text) ?? [];
  if (name === undefined || value === undefined) return null;
  return { name, word: `"\${${name}${colon}-${value.replaceAll('"', '')}}"` };
}

function assign(state: State, name: string, value: string | null): void {
  if (value === null) {
    state.known.delete(name);
    state.unknown.add(name);
  } else {
    state.known.set(name, value);
    state.unknown.delete(name);
  }
}

function forgetAssigned(state: State, line: string): void {
  const assigned = [
    ...line.matchAll(/(?<![\w$-])([A-Za-z_]\w*)(?:\+|\[[^\]]*\])?=(?!=)/g),
    ...line.matchAll(/\$\{([A-Za-z_]\w*):?=/g),
    ...line.matchAll(/\b(?:unset|read)\s+(?:-\w+\s+)*([A-Za-z_]\w*)/g),
  ];
  for (const [, name] of assigned) if (name !== undefined) assign(state, name, null);
}

/** The value of a word; null when it depends on what is not known. */
function expandWord(state: State, word: string, isQuoted = false): string | null {
  let value = '';
  let position = 0;
  while (position < word.length) {
    const character = word.charAt(position);
    const end = isQuoted && character === "'" ? position + 1 : partEnd(word, position);
    if (end === null) return null;
    const [expanded, next] = expandPart(state, word, { start: position, end, isQuoted });
    if (expanded === null) return null;
    value += expanded;
    position = next;
  }
  return value;
}

type Part = { readonly start: number; readonly end: number; readonly isQuoted: boolean };

/** The value of one part and where the next begins. */
function expandPart(state: State, word: string, part: Part): readonly [string | null, number] {
  const { start, end, isQuoted } = part;
  const text = word.slice(start, end);
  if (text.startsWith('\\')) {
    const isLiteral = isQuoted && !/[$`"\\]/.test(text.charAt(1));
    return [isLiteral ? text : text.slice(1), end];
  }
  if (text.startsWith("'") && !isQuoted) return [text.slice(1, -1), end];
  if (text.startsWith('"') && text.length > 1) return [expandWord(state, text.slice(1, -1), true), end];
  if (text.startsWith('${')) return [expandBraced(state, text.slice(2, -1), isQuoted), end];
  if (text !== '$') return [text === '`' || text === '~' ? null : text, end];
  const [name] = /^[A-Za-z_]\w*/.exec(word.slice(end)) ?? [];
  if (name === undefined) return [/^[\s"/:.,-]|^$/.test(word.slice(end)) ? '$' : null, end];
  return [valueOf(state, name), end + name.length];
}

/** `${A}`, `${A:-word}`, `${A-word}`, `${A:+word}`, `${A+word}`; anything else is the shell's. */
function expandBraced(state: State, body: string, isQuoted: boolean): string | null {
  const [, name, operator, word] = /^([A-Za-z_]\w*)(?:(:?[-+])(.*))?$/s.exec(body) ?? [];
  if (name === undefined) return null;
  if (operator === undefined) return valueOf(state, name);
  if (isUncertain(state, name)) return null;
  const value = state.known.get(name);
  const isSet = value !== undefined && !(operator.startsWith(':') && value === '');
  const alternative = expandWord(state, word ?? '', isQuoted);
  if (operator.endsWith('+')) return isSet ? alternative : '';
  return isSet ? value : alternative;
}

/** A name that is not set would end the build, so nothing is said of what follows from it. */
const valueOf = (state: State, name: string): string | null => state.known.get(name) ?? null;

const isUncertain = (state: State, name: string): boolean =>
  !state.known.has(name) && (state.unknown.has(name) || state.isOpen);
