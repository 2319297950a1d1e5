// SPDX-License-Identifier: Apache-2.0
import type { Problem } from './problem.ts';

/** Every way in which a build that was started can fail. `report/describe-failure.ts` has the words. */
export type Failure =
  | {
      readonly kind: 'hook-failed';
      readonly element: string;
      readonly phase: string;
      readonly script: string;
      readonly exitStatus: number;
      /** The last lines it printed, at most 20, oldest first. */
      readonly lastLines: readonly string[];
    }
  | {
      readonly kind: 'packages-failed';
      readonly phase: string;
      readonly packages: readonly string[];
      readonly exitStatus: number;
      readonly lastLines: readonly string[];
    }
  | {
      readonly kind: 'command-failed';
      /** What was being done, as in `making the file system mkfs_root`. */
      readonly doing: string;
      readonly argv: readonly string[];
      readonly exitStatus: number | null;
      readonly signal: string | null;
      readonly lastLines: readonly string[];
    }
  | { readonly kind: 'empty-tree' }
  | {
      readonly kind: 'missing-programs';
      readonly needs: readonly { readonly program: string; readonly reason: string }[];
    }
  | { readonly kind: 'no-space'; readonly path: string; readonly doing: string }
  | {
      readonly kind: 'image-too-small';
      /** Node name of the file system that does not hold its content. */
      readonly fileSystem: string;
      readonly neededBytes: number;
      readonly availableBytes: number;
    }
  | { readonly kind: 'input-invalid'; readonly problems: readonly Problem[] }
  | { readonly kind: 'interrupted' }
  /** Somebody ended the worker, in most cases the kernel when memory ran out. */
  | { readonly kind: 'worker-killed' }
  /** A bug of ours, or a worker that ended without a word. */
  | { readonly kind: 'unexpected'; readonly message: string; readonly stack: string | null };

/** Carries a Failure up to where it is reported. */
export class BuildFailure extends Error {
  readonly failure: Failure;
  constructor(failure: Failure) {
    super(failure.kind);
    this.name = 'BuildFailure';
    this.failure = failure;
  }
}
