// SPDX-License-Identifier: Apache-2.0
import type { Bytes, ElementName, HostPath, TargetPath } from './brands.ts';
import type { DiskLayout } from './layout.ts';
import type { PhaseName } from './phases.ts';
import type { RamdiskSource } from './ramdisk-source.ts';
import type { DebugRequest, DiskRequest, StoreRequest } from './request.ts';

/** Changes when the meaning of a stored layer changes; part of every key. */
export const PLAN_VERSION = 1;

/** Everything that will happen, as plain JSON: printable, hashable, and all the worker needs. */
export type BuildPlan = {
  readonly version: typeof PLAN_VERSION;
  readonly program: 'disk-image-create' | 'ramdisk-image-create';
  readonly name: string;
  readonly arch: string;
  /** DIB_RELEASE where it is known before the build. */
  readonly release: string | null;
  /** Dependencies first, ties by name. */
  readonly elements: readonly PlannedElement[];
  /** What every hook sees; paths that only the worker knows are added there. */
  readonly environment: Readonly<Record<string, string>>;
  readonly tree: readonly Step[];
  /** Packages that elements ask for, as far as they are known before the build. */
  readonly packages: readonly PlannedPackages[];
  /** What the image's file system table says, also when only the tree is packed. */
  readonly fstab: string;
  /** Null when no output is made from a disk. */
  readonly disk: PlannedDisk | null;
  /** Null when the image is not meant to boot by itself. */
  readonly boot: BootPlan | null;
  readonly outputs: readonly PlannedOutput[];
  /** Null when none is made. */
  readonly ramdisk: PlannedRamdisk | null;
  readonly needs: readonly HostNeed[];
  readonly execution: ExecutionPlan;
  /** One line each, said to the user before the build: what was added, what is odd. */
  readonly notes: readonly string[];
};

export type PlannedElement = {
  readonly name: ElementName;
  readonly directory: HostPath;
  readonly digest: string;
  readonly neverCached: readonly PhaseName[];
};

/** A closed union: one step makes at most one layer. */
export type Step = HookStep | PackagesStep;

export type HookStep = {
  readonly kind: 'hook';
  readonly phase: PhaseName;
  readonly element: ElementName;
  readonly script: string;
  readonly runsIn: 'host' | 'target' | 'guest';
  readonly cached: boolean;
};

/** Words of `-p`: one call of the tree's `install-packages` after the hooks of `phase`. */
export type PackagesStep = {
  readonly kind: 'packages';
  readonly phase: PhaseName;
  readonly install: readonly string[];
};

export type PlannedPackages = {
  readonly phase: PhaseName;
  readonly element: ElementName;
  readonly install: readonly string[];
  readonly uninstall: readonly string[];
};

export type PlannedDisk = {
  readonly layout: DiskLayout;
  readonly request: DiskRequest;
  /** `files`: made without any device. `devices`: loop devices, for the reason given. */
  readonly madeWith: { readonly way: 'files' } | { readonly way: 'devices'; readonly reason: string };
};

export type BootPlan = {
  readonly firmware: readonly ('bios' | 'uefi')[];
  readonly loader: string;
  /** As far as it is known before the build: `$NAME` stands for what only a shell can make of environment.d. */
  readonly commandLine: string;
};

export type PlannedOutput = {
  readonly format: string;
  readonly from: 'tree' | 'disk';
  /** Absolute, with its extension. */
  readonly file: HostPath;
  readonly recipe: OutputRecipe;
  readonly checksums: readonly ('md5' | 'sha256')[];
  /** Rename an existing file of the name away first, as upstream's finish_image does. */
  readonly keepOld: boolean;
};

/**
 * How an output is made. Words of commands may hold `{tree}`, `{disk}` (the raw image), `{file}`
 * (where to write) and `{gzip}` (pigz where there is one, else gzip), which the worker replaces. Output goes to a new name beside the target and is renamed.
 */
export type OutputRecipe =
  | { readonly kind: 'command'; readonly argv: readonly string[] }
  /** The raw image itself, kept sparse. */
  | { readonly kind: 'raw' }
  /** Our own writer: all cores, and the same bytes every time. */
  | {
      readonly kind: 'qcow2';
      readonly version: 2 | 3;
      readonly clusterBytes: Bytes;
      readonly compress: boolean;
    }
  /** An OCI image layout directory with one layer. */
  | { readonly kind: 'oci'; readonly arch: string; readonly tag: string }
  /** What a kernel unpacks into memory and starts: a compressed archive of programs, modules and /init. */
  | { readonly kind: 'initramfs'; readonly packing: RamdiskPacking; readonly source: RamdiskSource }
  /** The kernel that goes with it. */
  | { readonly kind: 'kernel'; readonly source: RamdiskSource };

/** What elements ask for in a RAM disk. The worker finds it again, as hooks may have changed it. */
export type PlannedRamdisk = {
  readonly programs: readonly RamdiskWords[];
  readonly modules: readonly RamdiskWords[];
  /** In the order of /init. */
  readonly fragments: readonly RamdiskFile[];
  /** Of udev. */
  readonly rules: readonly RamdiskFile[];
  /** Of ramdisk-install.d: they change what was gathered. */
  readonly hooks: readonly { readonly element: string; readonly script: string }[];
};

/** Of one file. */
export type RamdiskWords = {
  /** An element, the variable of the user, or `default`. */
  readonly wantedBy: string;
  readonly words: readonly string[];
};

/** Its path is relative to the element. */
export type RamdiskFile = { readonly element: string; readonly path: string };

/** Command that compresses a file: `{from}` and `{to}` stand for its names; null: it stays as it is. */
export type RamdiskPacking = { readonly name: string; readonly argv: readonly string[] | null };

export type HostNeed = {
  /** A program looked up on PATH. */
  readonly program: string;
  readonly reason: string;
};

export type ExecutionPlan = {
  readonly store: StoreRequest;
  readonly debug: DebugRequest;
  readonly workingDirectory: HostPath;
  readonly temporaryDirectory: HostPath | null;
  /** Directory of the shell files that elements source as $_LIB. */
  readonly shellLibrary: HostPath;
  /** Put before PATH of host hooks: `sudo` for a process that is already uid 0, and the builder's own commands. */
  readonly hostCommands: HostPath;
  /** The Node program and the builder's entry, for host commands that are written in TypeScript. */
  readonly builder: readonly string[];
  /** Program name → digest of its file: those that can change what a host hook makes. */
  readonly toolStamps: Readonly<Record<string, string>>;
  /** In the tree where the hooks directory is mounted. */
  readonly hooksInTarget: TargetPath;
  /** The block-device configuration, for hooks that ask about the disk. */
  readonly diskConfig: string;
};
