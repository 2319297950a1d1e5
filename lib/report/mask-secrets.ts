// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../model/event.ts';

/** Replaces secrets in a text, or in every text inside a piece of plain data. */
export type Mask = {
  readonly text: (text: string) => string;
  readonly inside: <T>(data: T) => T;
};

const secretNames = /PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|CREDENTIAL|API_?KEY|(^|_)(PASS|PWD|KEYS?)(_|$)/i;
/** `PWD` by itself is the working directory. */
const harmlessNames = new Set(['PWD']);
/** Settings, not secrets, although their names may say KEY or TOKEN; masking them would garble every line. */
const harmlessValues = new Set(['true', 'false', 'none', 'null', 'auto']);
const shortestSecret = 4;
const replacement = '***';

/** Names of things in our own vocabulary: a password that happens to be `debian` must not garble them. */
const identifiers = new Set(['kind', 'name', 'element', 'phase', 'script', 'title', 'format', 'file']);

/** A mask for the values of all names in the environment that look like names of secrets. */
export function createMask(environment: Readonly<Record<string, string | undefined>>): Mask {
  const secrets = Object.entries(environment)
    .filter(([name]) => secretNames.test(name) && !harmlessNames.has(name))
    .flatMap(([, value]) => writtenForms(value ?? ''))
    .filter((form) => form.length >= shortestSecret && !harmlessValues.has(form.toLowerCase()))
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
