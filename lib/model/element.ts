// SPDX-License-Identifier: Apache-2.0
import type { ElementName, HostPath } from './brands.ts';
import type { PhaseName } from './phases.ts';

/** A directory of hooks, read from an entry of ELEMENTS_PATH. */
export type Element = {
  readonly name: ElementName;
  /** The directory itself, symbolic links resolved. */
  readonly directory: HostPath;
  readonly dependsOn: readonly ElementName[];
  readonly provides: readonly ElementName[];
  /** Everything below the directory two levels deep, sorted by path; deeper files only count in the digest. */
  readonly files: readonly ElementFile[];
  /** SHA-256, hex, of every path, mode, link and byte below the directory, its tests left out. */
  readonly digest: string;
  readonly settings: ElementSettings;
  /** From a tree of the first generation, where a file gives way to one of the same name in a later flavour. */
  readonly isFlavour?: true;
};

export type ElementFile = {
  /** Relative to the element's directory, `/` between parts: `install.d/10-packages`, `element-deps`. */
  readonly path: string;
  readonly kind: 'file' | 'directory' | 'other';
  /** For a symbolic link, that of what it points at. */
  readonly executable: boolean;
};

/** What an element says of itself in `element.yaml`. */
export type ElementSettings = {
  /** Host programs its hooks start, each with the reason: checked before the first step. */
  readonly needs: Readonly<Record<string, string>>;
  /** Phases whose hooks of this element must run in every build. */
  readonly neverCached: readonly PhaseName[];
  /** Output formats that are made besides those the user asks for. */
  readonly outputs: readonly string[];
  /** For an element that is a test of others: it can share a build with no other test. */
  readonly testedAlone?: true;
};

/** A hook of the merged schedule. */
export type Hook = {
  readonly phase: PhaseName;
  readonly element: ElementName;
  /** File name in the phase directory, for example `50-bootloader`. */
  readonly script: string;
};
