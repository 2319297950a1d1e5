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
  /** Of a hidden one: names that only its own pkg-map, hidden as well, makes packages of. */
  readonly unmapped?: readonly string[];
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
  const winner = hostPath(directory ?? dirname(present[0]?.path ?? ''));
  const distinct = present.filter(
    ({ text }, index) => present.findIndex((other) => other.text === text) === index,
  );
  return Promise.all(
    distinct.map(async (file) => {
      const place = hostPath(dirname(file.path));
      if (place === winner) return { ...file, isHidden: false };
      const known = await mappedNames(winner, files);
      const unmapped = (await mappedNames(place, files)).filter((name) => !known.includes(name));
      return { ...file, isHidden: true, unmapped };
    }),
  );
}

/** Every name that the pkg-map of a directory maps for some distribution; what is no JSON is complained of elsewhere. */
async function mappedNames(directory: HostPath, files: ElementFiles): Promise<readonly string[]> {
  const text = (await files.readText(hostPath(join(directory, 'pkg-map')))) ?? '{}';
  try {
    return namesIn(JSON.parse(text));
  } catch {
    return [];
  }
}

const namesIn = (value: unknown): readonly string[] =>
  typeof value !== 'object' || value === null
    ? []
    : Object.entries(value).flatMap(([name, inside]: [string, unknown]) =>
        typeof inside === 'string' ? [name] : namesIn(inside),
      );

const fileNames = ['package-installs.json', 'package-installs.yaml'];
