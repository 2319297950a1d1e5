// SPDX-License-Identifier: Apache-2.0
import type { BigIntStats } from 'node:fs';
import { createReadStream, createWriteStream } from 'node:fs';
import { lstat, readdir, readlink } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { HostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import { compareBytes } from '../../model/hook-order.ts';
import type { CpioMember } from '../../ramdisk/cpio-header.ts';
import { CPIO_LIMIT, cpioHeader, paddingAfter, trailer } from '../../ramdisk/cpio-header.ts';

export type CpioSource = {
  readonly directory: HostPath;
  /** Seconds since 1970: the date of every member. */
  readonly date: number;
  /** Devices that are not in the directory, since not everybody may make them. */
  readonly devices: readonly DeviceMember[];
};

export type DeviceMember = {
  readonly name: string;
  readonly mode: number;
  readonly device: readonly [number, number];
};

/**
 * Writes what a directory holds as an archive, sorted by name, owned by root. The same content makes the same bytes.
 * @throws BuildFailure when a file is too large for the format.
 */
export const writeCpio = (file: HostPath, source: CpioSource): Promise<void> =>
  pipeline(inBlocks(archiveOf(source)), createWriteStream(file));

type Found = Pick<CpioMember, 'name' | 'mode' | 'device'> & {
  /** Null for a device of the list. */
  readonly path: string | null;
  readonly status: BigIntStats | null;
};

async function* archiveOf({ directory, date, devices }: CpioSource): AsyncGenerator<Uint8Array> {
  const found = [...(await membersBelow(directory)), ...devices.map(deviceMember)];
  found.sort((a, b) => compareBytes(a.name, b.name));
  for (const [member, { inode, links, hasContent }] of numbered(found)) {
    const size = hasContent ? sizeOf(member) : 0;
    if (size > CPIO_LIMIT) throw tooLarge(member.name);
    const { name, mode, device } = member;
    yield cpioHeader({ name, mode, device, size, inode, links, modifiedAt: date });
    if (size > 0) yield* contentOf(member, size);
  }
  yield cpioHeader(trailer);
}

/** Links are members, whatever they lead to. */
async function membersBelow(root: string, directory = ''): Promise<Found[]> {
  const entries = await readdir(join(root, directory), { withFileTypes: true });
  const found = entries.map(async (entry) => {
    const name = join(directory, entry.name);
    const inside = entry.isDirectory() ? await membersBelow(root, name) : [];
    return [await member(root, name), ...inside];
  });
  return (await Promise.all(found)).flat();
}

async function member(root: string, name: string): Promise<Found> {
  const path = join(root, name);
  const status = await lstat(path, { bigint: true });
  const isNode = status.isBlockDevice() || status.isCharacterDevice();
  return { name, path, status, mode: Number(status.mode), device: isNode ? deviceOf(status) : [0, 0] };
}

/** Source: makedev(3). */
function deviceOf({ rdev }: BigIntStats): [number, number] {
  const major = ((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & ~0xfffn);
  const minor = (rdev & 0xffn) | ((rdev >> 12n) & ~0xffn);
  return [Number(major), Number(minor & 0xffff_ffffn)];
}

const deviceMember = (device: DeviceMember): Found => ({ ...device, path: null, status: null });

type Numbers = { readonly inode: number; readonly links: number; readonly hasContent: boolean };

/** Files with several names keep them: their members have one number, and the last one has the content. */
function numbered(members: readonly Found[]): readonly (readonly [Found, Numbers])[] {
  const names = new Map<string, Found[]>();
  for (const member of members) {
    const id = identityOf(member);
    names.set(id, [...(names.get(id) ?? []), member]);
  }
  const inodes = new Map([...names.keys()].map((id, index) => [id, index + 1]));
  return members.map((member) => {
    const id = identityOf(member);
    const same = names.get(id) ?? [];
    return [member, { inode: inodes.get(id) ?? 0, links: same.length, hasContent: same.at(-1) === member }];
  });
}

const identityOf = ({ name, status }: Found): string =>
  status?.isFile() === true && status.nlink > 1n ? `${status.dev}:${status.ino}` : name;

const sizeOf = ({ status }: Found): number =>
  status !== null && (status.isFile() || status.isSymbolicLink()) ? Number(status.size) : 0;

async function* contentOf({ path, status }: Found, size: number): AsyncGenerator<Uint8Array> {
  if (path === null) return;
  if (status?.isSymbolicLink() === true) yield Buffer.from(await readlink(path));
  else yield* createReadStream(path, { end: size - 1 }) as AsyncIterable<Buffer>;
  yield paddingAfter(size);
}

function tooLarge(name: string): BuildFailure {
  const message = `/${name} is larger than 4 GiB, which no RAM disk can hold`;
  return new BuildFailure({ kind: 'input-invalid', problems: [{ message }] });
}

const BLOCK_BYTES = 1024 * 1024;

/** Most members are small: many are written at once. */
async function* inBlocks(pieces: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let waiting: Uint8Array[] = [];
  let length = 0;
  for await (const piece of pieces) {
    waiting.push(piece);
    length += piece.length;
    if (length < BLOCK_BYTES) continue;
    yield Buffer.concat(waiting);
    [waiting, length] = [[], 0];
  }
  yield Buffer.concat(waiting);
}
