// SPDX-License-Identifier: Apache-2.0

/** A member of a tar archive, less its content. */
export type TarMember = {
  /** As it is in the archive. */
  readonly name: string;
  /** The letter of the header: `0` file, `1` hard link, `2` symbolic link, `3` and `4` devices, `5` directory, `6` pipe. */
  readonly type: string;
  /** What a link points at; empty for others. */
  readonly linkName: string;
};

/** Bytes of an archive from an offset on: fewer than asked for at its end. */
export type ReadBytes = (offset: number, length: number) => Promise<Buffer>;

const BLOCK = 512;

/** The members in their order: ustar, pax and GNU's long names. Source: POSIX pax(1), GNU tar manual §D. @throws Error */
export async function* tarMembers(read: ReadBytes): AsyncGenerator<TarMember> {
  let offset = 0;
  let next: Overrides = {};
  for (;;) {
    const header = await read(offset, BLOCK);
    if (header.length < BLOCK || header.every((byte) => byte === 0)) return;
    checkSum(header, offset);
    const content = offset + BLOCK;
    const size = next.size ?? sizeIn(header);
    const type = String.fromCharCode(header[156] ?? 0);
    offset = content + Math.ceil(size / BLOCK) * BLOCK;
    switch (type) {
      case 'x':
        next = { ...next, ...paxOverrides(await read(content, size)) };
        break;
      case 'g':
        break;
      case 'L':
        next = { ...next, name: textOf(await read(content, size)) };
        break;
      case 'K':
        next = { ...next, linkName: textOf(await read(content, size)) };
        break;
      default:
        yield memberFrom(header, type, next);
        next = {};
    }
  }
}

/** What a header before the member's own says of it. */
type Overrides = { readonly name?: string; readonly linkName?: string; readonly size?: number };

function memberFrom(header: Buffer, type: string, { name, linkName }: Overrides): TarMember {
  const short = textOf(header.subarray(0, 100));
  const isUstar = header.toString('latin1', 257, 263) === 'ustar\0';
  const prefix = isUstar ? textOf(header.subarray(345, 500)) : '';
  return {
    name: name ?? (prefix === '' ? short : `${prefix}/${short}`),
    type: type === '\0' || type === '7' ? '0' : type,
    linkName: type === '1' || type === '2' ? (linkName ?? textOf(header.subarray(157, 257))) : '',
  };
}

/** Records `LENGTH KEYWORD=VALUE\n`, the length counting all of it. */
function paxOverrides(records: Buffer): Overrides {
  const found: { name?: string; linkName?: string; size?: number } = {};
  let rest = records;
  while (rest.length > 0) {
    const blank = rest.indexOf(0x20);
    const length = blank === -1 ? NaN : Number(rest.toString('latin1', 0, blank));
    if (!Number.isInteger(length) || length <= blank) break;
    const record = rest.toString('utf8', blank + 1, length - 1);
    const equals = record.indexOf('=');
    const value = record.slice(equals + 1);
    if (record.startsWith('path=')) found.name = value;
    if (record.startsWith('linkpath=')) found.linkName = value;
    if (record.startsWith('size=')) found.size = Number(value);
    rest = rest.subarray(length);
  }
  return found;
}

/** Octal, or, with the first bit set, binary: large files. */
function sizeIn(header: Buffer): number {
  const field = header.subarray(124, 136);
  if (((field[0] ?? 0) & 0x80) !== 0) return Number(field.readBigUInt64BE(4));
  return parseInt(field.toString('latin1').trim() || '0', 8);
}

function checkSum(header: Buffer, offset: number): void {
  const said = parseInt(textOf(header.subarray(148, 156)).trim(), 8);
  const sum = header.reduce((total, byte, index) => total + (index >= 148 && index < 156 ? 0x20 : byte), 0);
  if (said !== sum) throw new Error(`the archive is damaged at byte ${offset}`);
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}
