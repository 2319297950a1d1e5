// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../model/event.ts';
import { isSecretName, isWorthHiding } from '../model/secret-names.ts';

/** Replaces secrets in a text, or in every text inside a piece of plain data. */
export type Mask = {
  readonly text: (text: string) => string;
  readonly inside: <T>(data: T) => T;
};

const replacement = '***';

/** Names of things in our own vocabulary: a password that happens to be `debian` must not garble them. */
const identifiers = new Set(['kind', 'name', 'element', 'phase', 'script', 'title', 'format', 'file']);

/** A mask for the values of all names in the environment that look like names of secrets. */
export function createMask(environment: Readonly<Record<string, string | undefined>>): Mask {
  const secrets = Object.entries(environment)
    .filter(([name]) => isSecretName(name))
    .flatMap(([, value]) => writtenForms(value ?? ''))
    .filter(isWorthHiding)
    .sort((a, b) => b.length - a.length);
  if (secrets.length === 0) return { text: (text) => text, inside: (data) => data };
  const pattern = new RegExp(secrets.map(escapeForPattern).join('|'), 'g');
  const text = (plain: string): string => plain.replace(pattern, replacement);
  return { text, inside: <T>(data: T) => mapTexts(data, text) as T };
}

export function maskEvent(mask: Mask, event: BuildEvent): BuildEvent {
  return mask.inside(event);
}

/** A secret may be printed line by line, or as `set -x` quotes it. */
function writtenForms(value: string): readonly string[] {
  const lines = value.split('\n').map((line) => line.trim());
  return [value, value.replaceAll("'", String.raw`'\''`), ...lines];
}

function mapTexts(data: unknown, change: (text: string) => string): unknown {
  if (typeof data === 'string') return change(data);
  if (Array.isArray(data)) return data.map((item: unknown) => mapTexts(item, change));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([key, value]) => [key, identifiers.has(key) ? value : mapTexts(value, change)]),
  );
}

const escapeForPattern = (text: string): string => text.replace(/[\\^$.*+?()[\]{}|/-]/g, String.raw`\$&`);
