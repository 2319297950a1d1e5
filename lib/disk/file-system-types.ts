// SPDX-License-Identifier: Apache-2.0

export type FileSystemType = {
  /** Longest label in bytes. */
  readonly longestLabel: number;
  /** FAT labels are upper case on disk. */
  readonly upperCaseLabel: boolean;
};

const types: Readonly<Record<string, FileSystemType>> = {
  ext2: { longestLabel: 16, upperCaseLabel: false },
  ext3: { longestLabel: 16, upperCaseLabel: false },
  ext4: { longestLabel: 16, upperCaseLabel: false },
  xfs: { longestLabel: 12, upperCaseLabel: false },
  btrfs: { longestLabel: 255, upperCaseLabel: false },
  vfat: { longestLabel: 11, upperCaseLabel: true },
  fat: { longestLabel: 11, upperCaseLabel: true },
  swap: { longestLabel: 16, upperCaseLabel: false },
};

/** What is known of a type's labels; an unknown type has no limit, as upstream has it. */
export const fileSystemType = (type: string): FileSystemType =>
  (Object.hasOwn(types, type) ? types[type] : undefined) ?? {
    longestLabel: Number.POSITIVE_INFINITY,
    upperCaseLabel: false,
  };

export const isFat = (type: string): boolean => type === 'vfat' || type === 'fat';
export const isExt = (type: string): boolean => /^ext[234]$/.test(type);

/** Types whose file systems can be made and filled without a device. */
export const isMadeFromFiles = (type: string): boolean => isExt(type) || isFat(type) || type === 'swap';
