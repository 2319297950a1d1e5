// SPDX-License-Identifier: Apache-2.0

/** A member of a tar archive with its extended attributes. Bytes are characters: names need not be UTF-8. */
export type PaxMember = {
  /** As it was archived, without the slash that ends a directory's. */
  readonly path: string;
  /** By name, as `user.note`; lists of access rights as `acl.access` and `acl.default`. */
  readonly attributes: ReadonlyMap<string, string>;
};

const BLOCK = 512;

/** Members of an archive that `tar --format=posix --xattrs` wrote. Source: pax(1), "pax Header Block". */
export function paxMembers(archive: Buffer): readonly PaxMember[] {
  const members: PaxMember[] = [];
  let records: ReadonlyMap<string, string> = new Map();
  for (let at = 0; at + BLOCK <= archive.length && archive[at] !== 0;) {
    const header = archive.subarray(at, at + BLOCK);
    const size = Number.parseInt(textIn(header, 124, 136), 8) || 0;
    const body = archive.subarray(at + BLOCK, at + BLOCK + size);
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK;
    const kind = textIn(header, 156, 157);
    if (kind === 'x') records = recordsIn(body.toString('latin1'));
    if (kind === 'x' || kind === 'g') continue;
    members.push({ path: pathOf(header, records), attributes: attributesIn(records) });
    records = new Map();
  }
  return members;
}

function pathOf(header: Buffer, records: ReadonlyMap<string, string>): string {
  const prefix = textIn(header, 345, 500);
  const path = records.get('path') ?? `${prefix === '' ? '' : `${prefix}/`}${textIn(header, 0, 100)}`;
  return path.replace(/\/+$/, '');
}

const textIn = (header: Buffer, from: number, to: number): string =>
  header.subarray(from, to).toString('latin1').replace(/\0.*/s, '');

/** `LENGTH NAME=VALUE\n`, where the length counts the whole record. */
function recordsIn(text: string): ReadonlyMap<string, string> {
  const records = new Map<string, string>();
  for (let rest = text; rest !== '';) {
    const length = Number.parseInt(rest, 10);
    const record = rest.slice(rest.indexOf(' ') + 1, length - 1);
    const name = record.slice(0, record.indexOf('='));
    records.set(name, record.slice(name.length + 1));
    if (!(length > 0)) break;
    rest = rest.slice(length);
  }
  return records;
}

function attributesIn(records: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const named = [...records].map(([name, value]) => [nameOfAttribute(name), value] as const);
  return new Map(named.filter((pair): pair is [string, string] => pair[0] !== null));
}

const nameOfAttribute = (record: string): string | null =>
  /^SCHILY\.(?:xattr\.)?((?<=xattr\.).+|acl\..+)$/s.exec(record)?.[1] ?? null;
