// SPDX-License-Identifier: Apache-2.0

/** A member to be written; what is left out is usual: mode 0644, owner 0:0, no content. */
export type MemberToWrite = {
  readonly name: string;
  /** The letter of the header; a name that ends with a slash is a directory, others are files. */
  readonly type?: string;
  readonly mode?: number;
  readonly uid?: number;
  readonly gid?: number;
  readonly content?: string;
  readonly linkName?: string;
  /** Records of a pax header before the member, as `SCHILY.xattr.user.note`. */
  readonly pax?: Readonly<Record<string, string>>;
};

/** A tar archive in the ustar form, written byte by byte so that it may hold what tar itself would refuse to. */
export function tarArchive(members: readonly MemberToWrite[]): Buffer {
  const blocks = members.flatMap((member) => [...paxBlocks(member), ...memberBlocks(member)]);
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}

function paxBlocks({ pax = {} }: MemberToWrite): readonly Buffer[] {
  const records = Object.entries(pax).map(([key, value]) => paxRecord(` ${key}=${value}\n`));
  if (records.length === 0) return [];
  return memberBlocks({ name: 'PaxHeaders/member', type: 'x', content: records.join('') });
}

/** The length counts its own digits. */
function paxRecord(rest: string): string {
  const bytes = Buffer.byteLength(rest);
  const digits = [1, 2, 3].find((count) => String(bytes + count).length === count) ?? 4;
  return `${bytes + digits}${rest}`;
}

function memberBlocks(member: MemberToWrite): readonly Buffer[] {
  const content = Buffer.from(member.content ?? '');
  const padding = Buffer.alloc((512 - (content.length % 512)) % 512);
  return [headerOf(member, content.length), content, padding];
}

function headerOf(member: MemberToWrite, size: number): Buffer {
  const { name, uid = 0, gid = 0, linkName = '' } = member;
  const type = member.type ?? (name.endsWith('/') ? '5' : '0');
  const mode = member.mode ?? (type === '5' ? 0o755 : 0o644);
  const header = Buffer.alloc(512);
  header.write(name, 0, 100);
  for (const [offset, length, value] of [
    [100, 8, mode],
    [108, 8, uid],
    [116, 8, gid],
    [124, 12, size],
    [136, 12, 0],
  ] as const)
    header.write(value.toString(8).padStart(length - 1, '0'), offset);
  header.write(type, 156);
  header.write(linkName, 157, 100);
  header.write('ustar\0' + '00', 257);
  header.fill(0x20, 148, 156);
  const sum = header.reduce((total, byte) => total + byte, 0);
  header.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148);
  return header;
}
