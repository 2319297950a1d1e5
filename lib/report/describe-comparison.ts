// SPDX-License-Identifier: Apache-2.0

/** An input of a key in two builds; null: not there. A value that may be shown begins with `=`, a digest with `#`. */
export type InputChange = {
  readonly name: string;
  readonly before: string | null;
  readonly after: string | null;
};

/** One line for most inputs; for what a hook of cache-key.d printed, a line for each that differs. */
export function describeInput({ name, before, after }: InputChange): readonly string[] {
  if (name.startsWith('file ')) return fileChange(name.slice('file '.length), before, after);
  if (name.startsWith('variable ')) return [`${name}: ${valueOf(before)} → ${valueOf(after)}`];
  if (name.startsWith('cache-key.d/')) return [`what ${name} prints:`, ...lineChanges(before, after)];
  if (name.startsWith('tool ')) return [`${name}: ${toolChange(before, after)}`];
  if (name === 'builder') return ['this program itself, which was changed'];
  if (before?.startsWith('=') === true && after?.startsWith('=') === true)
    return [`${name}: ${valueOf(before)} → ${valueOf(after)}`];
  return [name];
}

const MOST_SHOWN = 100;

function valueOf(shown: string | null): string {
  if (shown === null) return 'not set';
  if (shown.startsWith('#')) return 'a value that is not shown';
  const value = JSON.stringify(shown.slice(1)).slice(1, -1).replaceAll('\\"', '"');
  return value.length > MOST_SHOWN ? `'${value.slice(0, MOST_SHOWN)}…'` : `'${value}'`;
}

function toolChange(before: string | null, after: string | null): string {
  if (before === null) return 'was not used, or not there';
  return after === null ? 'is not used any more, or gone' : 'another file';
}

type Stamp = { readonly mode: string | null; readonly link: string | null; readonly digest: string };

function fileChange(path: string, before: string | null, after: string | null): readonly string[] {
  if (before === null) return [`file ${path}: is new`];
  if (after === null) return [`file ${path}: is gone`];
  const [old, now] = [stampOf(before), stampOf(after)];
  if (old.link !== null && now.link !== null && old.link !== now.link)
    return [`link ${path}: ${old.link} → ${now.link}`];
  if ((old.link === null) !== (now.link === null)) return [`file ${path}: is of another kind`];
  return [
    ...(old.digest === now.digest ? [] : [`file ${path}: content`]),
    ...(old.mode === now.mode ? [] : [`mode of ${path}: ${old.mode ?? ''} → ${now.mode ?? ''}`]),
  ];
}

/** `#755 DIGEST`, `#link TARGET DIGEST` or `#directory 755`. */
function stampOf(text: string): Stamp {
  const [first = '', ...rest] = text.slice(1).split(' ');
  if (first === 'link') return { mode: null, link: rest[0] ?? '', digest: rest[1] ?? '' };
  const mode = (first === 'directory' ? rest[0] : first) ?? '';
  return { mode: mode.padStart(4, '0'), link: null, digest: first === 'directory' ? '' : (rest[0] ?? '') };
}

function lineChanges(before: string | null, after: string | null): readonly string[] {
  const hidden = [before, after].some((text) => text?.startsWith('#') === true);
  if (hidden) return ['  other lines, which are not shown'];
  const [old, now] = [before, after].map((text) => (text ?? '=').slice(1).split('\n'));
  const gone = (old ?? []).filter((line) => now?.includes(line) !== true).map((line) => `  - ${line}`);
  const come = (now ?? []).filter((line) => old?.includes(line) !== true).map((line) => `  + ${line}`);
  return [...gone, ...come].slice(0, MOST_LINES);
}

const MOST_LINES = 12;
