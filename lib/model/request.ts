// SPDX-License-Identifier: Apache-2.0
import type { Bytes, HostPath } from './brands.ts';
import type { RamdiskSource } from './ramdisk-source.ts';

/**
 * What the user wants, from whichever way in: command line, variables, or a definition file.
 * Complete: every default has been filled in by who made it.
 */
export type BuildRequest = {
  readonly program: 'disk-image-create' | 'ramdisk-image-create';
  /** The command's own words, for DIB_ARGS and manifests. */
  readonly argumentsAsGiven: readonly string[];
  /** Elements the user named, in order, after splitting words at blanks. */
  readonly elements: readonly string[];
  /** Earlier entries win. The built-in directory is the last. */
  readonly elementsPath: readonly HostPath[];
  /** Which entries of `elementsPath` are trees of the first generation. */
  readonly flavoursPath: readonly HostPath[];
  /** Whether `base` is put in front (`-n` leaves it out). */
  readonly withBase: boolean;
  /** Element added when nothing provides `operating-system`. */
  readonly defaultOperatingSystem: string;
  readonly arch: string;
  /** `-o` less a trailing `.TYPE` of the only output type; may hold directories, relative to `workingDirectory`. */
  readonly imageName: string;
  /** Format names, in order, without repetition. */
  readonly outputTypes: readonly string[];
  readonly packages: readonly string[];
  readonly disk: DiskRequest;
  readonly output: OutputRequest;
  readonly ramdisk: RamdiskRequest;
  readonly store: StoreRequest;
  readonly debug: DebugRequest;
  /** Where the command was started; outputs and side outputs of hooks are relative to it. */
  readonly workingDirectory: HostPath;
  /** Where large temporary files go when the user said so (TMPDIR, TMP_DIR), else null: the store's own file system. */
  readonly temporaryDirectory: HostPath | null;
  /** The environment the user called with, plus what options set. */
  readonly environment: Readonly<Record<string, string>>;
};

export type DiskRequest = {
  /** Size of the whole disk, exact; null: what the tree needs. */
  readonly size: Bytes | null;
  /** Room beyond the content when the size is not given; null: the default slack. */
  readonly extraSize: Bytes | null;
  readonly journalSize: Bytes;
  /** Operand of `-E resize=`, in file-system blocks. */
  readonly maxOnlineResize: number | null;
  /** Words for the mkfs of `mkfs_root`. */
  readonly mkfsOptions: readonly string[];
  /** Null: `cloudimg-rootfs`, or `img-rootfs` for xfs. */
  readonly rootLabel: string | null;
  /** Default for `mkfs_root` when its node names no type. */
  readonly fileSystemType: string;
  /** 512 or 4096; null: what the configuration says. */
  readonly sectorSize: number | null;
  /** DIB_BLOCK_DEVICE_CONFIG: the YAML itself and where it came from; null: the first element that has one. */
  readonly config: { readonly text: string; readonly origin: string } | null;
};

export type OutputRequest = {
  /** qcow2 only: `-u` makes it false. */
  readonly compress: boolean;
  /** The text of `--qemu-img-options`, `k=v,k=v`; null: none given. */
  readonly qemuImgOptions: string | null;
  readonly qcow2Compression: 'zlib' | 'zstd';
  readonly checksums: readonly ('md5' | 'sha256')[];
  /** Replace a file of the same name instead of renaming it away. */
  readonly overwriteOldImage: boolean;
};

export type RamdiskRequest = RamdiskSource & {
  /** Name of the initramfs when it is not `imageName` and an extension: absolute, or relative to `workingDirectory`. */
  readonly fileName: string | null;
};

export type StoreRequest = {
  /** DIB_IMAGE_CACHE; the store is its `store` directory. */
  readonly cacheDirectory: HostPath;
  /** False with `--no-cache`: nothing is reused, new layers are still stored. */
  readonly reuse: boolean;
  /** Layers older than this are not reused; null: no limit. */
  readonly maxAgeSeconds: number | null;
  /** After a build the layers used longest ago are removed until the store takes no more; null: no limit. */
  readonly maxBytes: Bytes | null;
  readonly offline: boolean;
  /** Whether the raw image may be kept on a tmpfs when memory allows. */
  readonly tmpfs: boolean;
  readonly minTmpfs: Bytes;
};

export type DebugRequest = {
  /** DIB_DEBUG_TRACE: 0 none, 1 `set -x` in hooks, 2 and more very verbose. */
  readonly trace: number;
  /** Points of `break=`: `before-PHASE`, `after-PHASE`, `after-error`, PHASE with its `.d`. */
  readonly breakpoints: readonly string[];
  readonly breakCommand: string;
  readonly breakOutsideTarget: boolean;
  readonly shellOnFailure: boolean;
  readonly showImageUsage: boolean;
};
