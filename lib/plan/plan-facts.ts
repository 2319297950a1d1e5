// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../model/brands.ts';

/** What planning has to know of the installation and the host; plain data, gathered beforehand. */
export type PlanFacts = {
  /** Directory of the shell files that elements source as $_LIB. */
  readonly shellLibrary: HostPath;
  /** Put before PATH of host hooks. */
  readonly hostCommands: HostPath;
  /** The words that start the builder itself. */
  readonly builder: readonly string[];
  /** Program name → digest of its file: those that can change what a host hook makes. */
  readonly toolStamps: Readonly<Record<string, string>>;
};
