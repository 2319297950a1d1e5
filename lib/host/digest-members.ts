// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';

/**
 * SHA-256, hex, of every file below a directory: header, extended attributes and bytes, times apart. One reading of all of
 * them, by tar, as only that tells of attributes.
 * @returns path, as `./etc/motd` → digest. @throws Error when tar fails.
 */
export async function digestMembers(directory: string): Promise<ReadonlyMap<string, string>> {
  const words = ['--create', '--format=posix', '--sort=name', '--numeric-owner', '--mtime=@0', '--xattrs'];
  const naming = ['--xattrs-include=*', '--pax-option=exthdr.name=x,delete=atime,delete=ctime'];
  const tar = spawn('tar', [...words, ...naming, '--directory', directory, '.'], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said: string[] = [];
  tar.stderr.on('data', (text: Buffer) => said.push(text.toString()));
  const ended = new Promise<number | null>((resolve, reject) => {
    tar.once('error', reject);
    tar.once('close', resolve);
  });
  const digests = await readMembers(tar.stdout);
  if ((await ended) !== 0) throw new Error(said.join('').trim());
  return digests;
}

const BLOCK = 512;

/** Source: POSIX pax(1), with a pax header before a member where a name or an attribute needs one. */
async function readMembers(archive: AsyncIterable<Buffer>): Promise<ReadonlyMap<string, string>> {
  const digests = new Map<string, string>();
  const { read, pass } = readerOf(archive);
  let pax: PaxHeader = noPaxHeader;
  for (;;) {
    const header = await read(BLOCK);
    if (header.length < BLOCK) return digests;
    if (header[0] === 0) continue;
    const size = pax.size ?? Number.parseInt(textOf(header.subarray(124, 136)).trim() || '0', 8);
    const padding = (BLOCK - (size % BLOCK)) % BLOCK;
    if (header[156] === 'x'.charCodeAt(0)) {
      pax = paxHeader(await read(size));
      await pass(padding, () => undefined);
      continue;
    }
    const hash = createHash('sha256').update(pax.bytes).update(header);
    await pass(size, (data) => hash.update(data));
    await pass(padding, () => undefined);
    digests.set(pax.path ?? nameOf(header), hash.digest('hex'));
    pax = noPaxHeader;
  }
}

type Reader = {
  /** Fewer bytes than asked for at the end. */
  readonly read: (length: number) => Promise<Buffer>;
  readonly pass: (length: number, onData: (data: Buffer) => void) => Promise<void>;
};

function readerOf(archive: AsyncIterable<Buffer>): Reader {
  const chunks = archive[Symbol.asyncIterator]();
  let pending: Buffer = Buffer.alloc(0);
  const pass = async (length: number, onData: (data: Buffer) => void): Promise<void> => {
    let rest = length;
    while (rest > 0) {
      if (pending.length === 0) {
        const next = await chunks.next();
        if (next.done === true) return;
        pending = next.value;
      }
      const data = pending.subarray(0, rest);
      onData(data);
      rest -= data.length;
      pending = pending.subarray(data.length);
    }
  };
  const read = async (length: number): Promise<Buffer> => {
    const parts: Buffer[] = [];
    await pass(length, (data) => parts.push(data));
    return Buffer.concat(parts);
  };
  return { read, pass };
}

/** What it says belongs to the digest of the member that follows. */
type PaxHeader = { readonly bytes: Buffer; readonly path?: string; readonly size?: number };

const noPaxHeader: PaxHeader = { bytes: Buffer.alloc(0) };

/** Records `LENGTH KEYWORD=VALUE\n`, the length counting all of it. */
function paxHeader(bytes: Buffer): PaxHeader {
  const values = new Map<string, string>();
  for (let at = 0; at < bytes.length;) {
    const length = Number.parseInt(bytes.toString('latin1', at, at + 20), 10);
    if (!(length > 0)) break;
    const record = bytes.toString('utf8', bytes.indexOf(0x20, at) + 1, at + length - 1);
    values.set(record.slice(0, record.indexOf('=')), record.slice(record.indexOf('=') + 1));
    at += length;
  }
  const path = values.get('path');
  const size = values.get('size');
  return {
    bytes,
    ...(path === undefined ? {} : { path }),
    ...(size === undefined ? {} : { size: Number(size) }),
  };
}

function nameOf(header: Buffer): string {
  const prefix = textOf(header.subarray(345, 500));
  const name = textOf(header.subarray(0, 100));
  return prefix === '' ? name : `${prefix}/${name}`;
}

function textOf(field: Buffer): string {
  const end = field.indexOf(0);
  return field.toString('utf8', 0, end === -1 ? field.length : end);
}
