// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** Path → everything that a tar archive says of it, times apart: kind, mode, owner, links, device, attributes and bytes. */
export type TreeMembers = ReadonlyMap<string, string>;

const BLOCK = 512;

/** Reads the whole archive. Source: POSIX pax(1), GNU tar manual §D for long names. */
export function treeMembers(file: string): TreeMembers {
  const archive = readFileSync(file);
  const members = new Map<string, string>();
  let extra: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + BLOCK <= archive.length;) {
    const header = archive.subarray(at, at + BLOCK);
    if (header[0] === 0) break;
    const size = Number(extra.get('size') ?? octal(header, 124, 12));
    const content = archive.subarray(at + BLOCK, at + BLOCK + size);
    const type = header.toString('latin1', 156, 157);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const before = headerBefore(type, content);
    if (before === null) members.set(...memberFrom(header, { type, content, extra }));
    extra = before === null ? new Map() : new Map([...extra, ...before]);
  }
  return members;
}

/** What differs between two trees: path and both descriptions. */
export function differencesBetween(a: TreeMembers, b: TreeMembers): readonly string[] {
  const paths = [...new Set([...a.keys(), ...b.keys()])].sort();
  return paths.flatMap((path) =>
    a.get(path) === b.get(path) ? [] : `${path}: ${a.get(path) ?? 'absent'} | ${b.get(path) ?? 'absent'}`,
  );
}

type Parts = {
  readonly type: string;
  readonly content: Buffer;
  readonly extra: ReadonlyMap<string, string>;
};

function memberFrom(header: Buffer, { type, content, extra }: Parts): [string, string] {
  const prefix = text(header, 345, 155);
  const name = text(header, 0, 100);
  const path = extra.get('path') ?? (prefix === '' ? name : `${prefix}/${name}`);
  const attributes = [...extra].filter(([key]) => key.startsWith('SCHILY.')).sort();
  const words = [
    `kind ${type}`,
    `mode ${octal(header, 100, 8).toString(8)}`,
    `owner ${extra.get('uid') ?? octal(header, 108, 8)}:${extra.get('gid') ?? octal(header, 116, 8)}`,
    `device ${octal(header, 329, 8)}:${octal(header, 337, 8)}`,
    `link ${extra.get('linkpath') ?? text(header, 157, 100)}`,
    `size ${content.length}`,
    createHash('sha256').update(content).digest('hex').slice(0, 16),
    ...attributes.map(([key, value]) => `${key}=${JSON.stringify(value)}`),
  ];
  return [path, words.join(', ')];
}

/** Null: the header is a member's own. */
function headerBefore(type: string, content: Buffer): ReadonlyMap<string, string> | null {
  if (type === 'L') return new Map([['path', text(content, 0, content.length)]]);
  if (type === 'K') return new Map([['linkpath', text(content, 0, content.length)]]);
  if (type === 'g') return new Map();
  if (type !== 'x') return null;
  const records = new Map<string, string>();
  for (let at = 0; at < content.length;) {
    const length = Number.parseInt(content.toString('latin1', at, at + 20), 10);
    const record = content.toString('latin1', content.indexOf(0x20, at) + 1, at + length - 1);
    const equals = record.indexOf('=');
    records.set(record.slice(0, equals), Buffer.from(record.slice(equals + 1), 'latin1').toString());
    at += length;
  }
  return records;
}

function text(bytes: Buffer, offset: number, length: number): string {
  const field = bytes.subarray(offset, offset + length);
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}

/** Octal, or, with the first bit set, binary. */
function octal(header: Buffer, offset: number, length: number): number {
  if (((header[offset] ?? 0) & 0x80) !== 0) return header.readUIntBE(offset + length - 6, 6);
  return Number.parseInt(text(header, offset, length).trim() || '0', 8);
}
