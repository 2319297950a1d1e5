// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../../model/brands.ts';
import { BuildFailure } from '../../model/failure.ts';
import type { Problem, Result } from '../../model/problem.ts';
import type { RamdiskSource } from '../../model/ramdisk-source.ts';
import type { ChosenKernel } from '../../ramdisk/choose-kernel.ts';
import { chooseKernel } from '../../ramdisk/choose-kernel.ts';
import type { TreeReader } from '../../ramdisk/tree-reader.ts';
import { realTreeReader } from './real-tree-reader.ts';

/** What a RAM disk is made from. */
export type RamdiskTree = {
  /** Its root: where it is mounted, or `/` of this machine. */
  readonly root: HostPath;
  readonly reader: TreeReader;
  readonly source: RamdiskSource;
  readonly kernel: ChosenKernel;
};

/** @throws BuildFailure when there is no such kernel. */
export function openRamdiskTree(root: HostPath, source: RamdiskSource): RamdiskTree {
  const reader = realTreeReader(root);
  const { kernelVersion: version, moduleRoot, isHost } = source;
  return { root, reader, source, kernel: orRefuse(chooseKernel(reader, { version, moduleRoot, isHost })) };
}

/** What was found to be wrong with the tree ends the build. */
export function orRefuse<T>(result: Result<T>): T {
  if (result.ok) return result.value;
  throw refusal(result.problems);
}

export const refusal = (problems: readonly Problem[]): BuildFailure =>
  new BuildFailure({ kind: 'input-invalid', problems });
