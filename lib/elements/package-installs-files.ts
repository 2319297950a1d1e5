// SPDX-License-Identifier: Apache-2.0
import { dirname, join } from 'node:path';

import type { ElementName, HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { ElementFiles } from './element-files.ts';

/** A file in which an element says which packages it wants. */
export type PackageInstallsFile = {
  readonly element: ElementName;
  readonly path: HostPath;
  readonly text: string;
  /** From a directory that an earlier entry of the search path hides: variables that it asks for may be set by no one. */
  readonly isHidden: boolean;
};

/**
 * The files of the given elements, in the order in which they count: by element, then by search path, JSON before
 * YAML. A directory that an earlier entry of the path hides still counts here, as it always has (dib-contract B12).
 */
export async function readPackageInstallsFiles(
  elements: readonly FoundElement[],
  path: readonly HostPath[],
  files: ElementFiles,
): Promise<readonly PackageInstallsFile[]> {
  const found = await Promise.all(elements.map((element) => filesOf(element, path, files)));
  return found.flat();
}

/** Its directory is of interest when the search path has it under another name: that of a link to it. */
export type FoundElement = { readonly name: ElementName; readonly directory: HostPath | null };

async function filesOf(
  { name: element, directory }: FoundElement,
  path: readonly HostPath[],
  files: ElementFiles,
): Promise<readonly PackageInstallsFile[]> {
  const named = path.map((entry) => hostPath(join(entry, element)));
  const directories = directory === null ? named : [directory, ...named];
  const candidates = directories.flatMap((each) => fileNames.map((name) => hostPath(join(each, name))));
  const read = await Promise.all(
    candidates.map(async (file) => ({ element, path: file, text: await files.readText(file) })),
  );
  const present = read.flatMap(({ text, ...file }) => (text === null ? [] : [{ ...file, text }]));
  const winner = directory ?? dirname(present[0]?.path ?? '');
  return present
    .filter(({ text }, index) => present.findIndex((other) => other.text === text) === index)
    .map((file) => ({ ...file, isHidden: dirname(file.path) !== winner }));
}

const fileNames = ['package-installs.json', 'package-installs.yaml'];
