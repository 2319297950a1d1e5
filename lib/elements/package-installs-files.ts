// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';

import type { ElementName, HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { ElementFiles } from './element-files.ts';

/** A file in which an element says which packages it wants. */
export type PackageInstallsFile = {
  readonly element: ElementName;
  readonly path: HostPath;
  readonly text: string;
};

/**
 * The files of the given elements, in the order in which they count: by element, then by search path, JSON before
 * YAML. A directory that an earlier entry of the path hides still counts here, as it always has (dib-contract B12).
 */
export async function readPackageInstallsFiles(
  elements: readonly ElementName[],
  path: readonly HostPath[],
  files: ElementFiles,
): Promise<readonly PackageInstallsFile[]> {
  const candidates = elements.flatMap((element) =>
    path.flatMap((entry) =>
      fileNames.map((name) => ({ element, path: hostPath(join(entry, element, name)) })),
    ),
  );
  const texts = await Promise.all(candidates.map((candidate) => files.readText(candidate.path)));
  return candidates.flatMap((candidate, index) => {
    const text = texts[index];
    return text === null || text === undefined ? [] : [{ ...candidate, text }];
  });
}

const fileNames = ['package-installs.json', 'package-installs.yaml'];
