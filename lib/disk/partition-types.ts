// SPDX-License-Identifier: Apache-2.0

type PartitionTypeRow = {
  /** As sgdisk names it. */
  readonly code: string;
  readonly gpt: string;
  /** Null: means nothing in an MBR table. */
  readonly mbr: string | null;
};

/** Source: UEFI specification, Discoverable Partitions Specification, sgdisk(8) `--list-types`. */
const partitionTypes: readonly PartitionTypeRow[] = [
  { code: '0700', gpt: 'EBD0A0A2-B9E5-4433-87C0-68B6B72699C7', mbr: '07' },
  { code: '4100', gpt: '9E1A2D38-C612-4316-AA26-8B49521E5A8B', mbr: '41' },
  { code: '8200', gpt: '0657FD6D-A4AB-43C4-84E5-0933C84B4F4F', mbr: '82' },
  { code: '8300', gpt: '0FC63DAF-8483-4772-8E79-3D69D8477DE4', mbr: '83' },
  { code: '8302', gpt: '933AC7E1-2EB4-4F13-B844-0E14E2AEF915', mbr: '83' },
  { code: '8303', gpt: '44479540-F297-41B2-9AF7-D131D5F0458A', mbr: '83' },
  { code: '8304', gpt: '4F68BCE3-E8CD-4DB1-96E7-FBCAF984B709', mbr: '83' },
  { code: '8305', gpt: 'B921B045-1DF0-41C3-AF44-4C6F280D3FAE', mbr: '83' },
  { code: '8306', gpt: '3B8F8425-20E0-4F3B-907F-1A25A76F98E8', mbr: '83' },
  { code: '8310', gpt: '4D21B016-B534-45C2-A9FB-5C16E091FD2D', mbr: '83' },
  { code: '8E00', gpt: 'E6D6D379-F507-44C2-A23C-238F2A3DF928', mbr: '8e' },
  { code: 'EA00', gpt: 'BC13C2FF-59E6-4262-A352-B275FD6F7172', mbr: 'ea' },
  { code: 'EF00', gpt: 'C12A7328-F81F-11D2-BA4B-00A0C93EC93B', mbr: 'ef' },
  { code: 'EF02', gpt: '21686148-6449-6E6F-744E-656564454649', mbr: null },
  { code: 'FD00', gpt: 'A19D880F-05FC-4D3B-A006-743F0F84911E', mbr: 'fd' },
];

/** Where GRUB's core.img goes on a GPT disk that BIOS boots. */
export const BIOS_BOOT_PARTITION = '21686148-6449-6E6F-744E-656564454649';

const uuidPattern = /^[0-9A-F]{8}(-[0-9A-F]{4}){3}-[0-9A-F]{12}$/;

/** The type UUID for an sgdisk code, an MBR type or a UUID; null when there is none. */
export function gptType(given: string | number): string | null {
  const text = String(given).toUpperCase();
  if (uuidPattern.test(text)) return text;
  return partitionTypes.find(({ code }) => code === text.padEnd(4, '0'))?.gpt ?? null;
}

/** Two hex digits for an MBR type in hexadecimal, a number as YAML reads 0x83, or an sgdisk code; null when none. */
export function mbrType(given: string | number): string | null {
  if (typeof given === 'number' && given <= 0xff) return hexByte(given);
  const text = String(given).replace(/^0x/i, '').toUpperCase();
  if (/^[0-9A-F]{1,2}$/.test(text)) return hexByte(Number.parseInt(text, 16));
  return partitionTypes.find(({ code }) => code === text)?.mbr ?? null;
}

/** Codes of sgdisk that are understood, for messages. */
export const partitionTypeCodes: readonly string[] = partitionTypes.map(({ code }) => code);

const hexByte = (value: number): string | null =>
  Number.isInteger(value) && value > 0 ? value.toString(16).padStart(2, '0') : null;
