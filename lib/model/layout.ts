// SPDX-License-Identifier: Apache-2.0
import type { Bytes, TargetPath } from './brands.ts';

/**
 * Disks, tables and file systems as a block-device configuration asks for them, before the tree's size is known.
 * Source of the rules: dib-contract §2.10.
 */
export type DiskLayout = {
  /** One per `local_loop`; the one named `image0` becomes the image. */
  readonly disks: readonly Disk[];
  readonly fileSystems: readonly FileSystem[];
  readonly volumeGroups: readonly VolumeGroup[];
  /** Names of all nodes in the order upstream would call them. */
  readonly callOrder: readonly string[];
  /** In call order, for example `/boot/efi` before `/`: the text of DIB_MOUNTPOINTS is their `|` join. */
  readonly mountPoints: readonly TargetPath[];
  /** The whole file, one line a file system. */
  readonly fstab: string;
  readonly rootLabel: string;
  readonly rootFileSystemType: string;
  /** Empty when nothing is mounted at /boot. */
  readonly bootLabel: string;
};

export type Disk = {
  readonly name: string;
  readonly sectorSize: 512 | 4096;
  /** As the node says; null: the image size. */
  readonly size: Bytes | null;
  readonly table: PartitionTable | null;
};

export type PartitionTable = {
  readonly label: 'mbr' | 'gpt';
  readonly align: Bytes;
  /** MBR: eight hex digits; GPT: a UUID. Derived from the seed, never random. */
  readonly id: string;
  readonly partitions: readonly Partition[];
};

export type Partition = {
  readonly name: string;
  /** As the kernel numbers it: logical ones from 5. */
  readonly number: number;
  readonly size: { readonly bytes: Bytes } | { readonly percentOfFree: number };
  /** MBR: two hex digits, GPT: a type UUID in capitals. */
  readonly type: string;
  readonly bootable: boolean;
  readonly kind: 'primary' | 'logical';
  /** GPT: the partition's UUID; MBR: empty. */
  readonly uuid: string;
};

export type FileSystem = {
  /** Name of the mkfs node. */
  readonly node: string;
  /** The disk, partition or volume it is made on, by node name. */
  readonly base: string;
  readonly type: string;
  readonly label: string;
  readonly uuid: string;
  /** Words for the mkfs program, as configured. */
  readonly options: readonly string[];
  /** Null: not mounted; swap is mounted nowhere. */
  readonly mountPoint: TargetPath | null;
};

export type VolumeGroup = {
  readonly name: string;
  readonly physicalVolumes: readonly string[];
  readonly volumes: readonly {
    readonly name: string;
    readonly size: Bytes | null;
    readonly extents: string | null;
  }[];
};

/** What a file system has to hold, read from the tree. */
export type ContentMeasure = {
  readonly mountPoint: TargetPath;
  readonly inodes: number;
  readonly directories: number;
  /** Sum over regular files of their allocated size, each rounded up to 4 KiB. */
  readonly fileBytes: Bytes;
  /** Sum over directories of the size of their entries, each rounded up to 4 KiB. */
  readonly directoryBytes: Bytes;
};

/** The layout with every size and offset known: what make-disk carries out. */
export type SizedLayout = {
  readonly disks: readonly SizedDisk[];
};

export type SizedDisk = {
  readonly name: string;
  readonly sectorSize: 512 | 4096;
  readonly size: Bytes;
  readonly table: SizedTable | null;
  readonly fileSystems: readonly SizedFileSystem[];
};

export type SizedTable = {
  readonly label: 'mbr' | 'gpt';
  readonly id: string;
  readonly partitions: readonly SizedPartition[];
};

export type SizedPartition = {
  readonly name: string;
  readonly number: number;
  readonly type: string;
  readonly bootable: boolean;
  readonly kind: 'primary' | 'extended' | 'logical';
  readonly uuid: string;
  readonly start: Bytes;
  readonly size: Bytes;
};

export type SizedFileSystem = FileSystem & {
  /** From the start of the disk. */
  readonly offset: Bytes;
  readonly size: Bytes;
};
