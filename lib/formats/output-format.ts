// SPDX-License-Identifier: Apache-2.0
import type { HostNeed, OutputRecipe } from '../model/plan.ts';
import type { Result } from '../model/problem.ts';
import type { OutputRequest, RamdiskRequest } from '../model/request.ts';

/** A kind of output. Adding one: a file beside this and a line in the table. */
export type OutputFormat = {
  /** The word after `-t`. */
  readonly name: string;
  /** Put after the image name and a dot. */
  readonly extension: string;
  readonly from: 'tree' | 'disk';
  /** In place of the image name with the extension, where that is not the name; left out or null: it is. */
  readonly fileName?: (options: RecipeOptions) => string | null;
  /** Host programs for what is asked, each with the reason. */
  readonly needs: (options: RecipeOptions) => readonly HostNeed[];
  readonly recipe: (options: RecipeOptions) => Result<OutputRecipe>;
};

/** What a recipe may depend on. */
export type RecipeOptions = {
  readonly output: OutputRequest;
  readonly ramdisk: RamdiskRequest;
  /** All that are asked for: an option that only another of them knows is not a mistake. */
  readonly outputTypes: readonly string[];
  readonly arch: string;
  /** As the user called it; its last part names an OCI image. */
  readonly imageName: string;
  /** DIB_GZIP_BIN, DIB_SQUASHFS_COMPRESSION, DIB_SQUASHFS_LEVEL and DIB_RAMDISK_COMPRESSION are read from it. */
  readonly environment: Readonly<Record<string, string>>;
};
