// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../model/brands.ts';
import type { Result } from '../model/problem.ts';
import { success } from '../model/problem.ts';
import type { BuildRequest } from '../model/request.ts';
import type { ElementFiles } from './element-files.ts';
import { realElementFiles } from './element-files.ts';
import { markFlavours } from './flavours.ts';
import { loadClosure, loadLibrary } from './load-library.ts';
import type { PackageInstallsFile } from './package-installs-files.ts';
import { readPackageInstallsFiles } from './package-installs-files.ts';
import type { LoadedElement } from './read-element.ts';
import type { ElementsRequest } from './resolve-elements.ts';
import { namesToLoad, resolveElements } from './resolve-elements.ts';

/** All that planning needs to know of the elements of a request; nothing is read after this. */
export type PreparedElements = {
  /** Dependencies first, ties by name. */
  readonly elements: readonly LoadedElement[];
  /** In the order in which they count; those of hidden elements are among them. */
  readonly packageInstalls: readonly PackageInstallsFile[];
  readonly notes: readonly string[];
};

/** Reads and resolves the elements of a request. Starts no process. */
export async function prepareElements(
  request: ElementsRequest & Pick<BuildRequest, 'elementsPath'> & Partial<Pick<BuildRequest, 'flavoursPath'>>,
  files: ElementFiles = realElementFiles,
): Promise<Result<PreparedElements>> {
  const { flavoursPath = [] } = request;
  const variableOf = (entry: HostPath): string =>
    flavoursPath.includes(entry) ? 'FLAVOURS_DIR' : 'ELEMENTS_PATH';
  const listed = await loadLibrary(request.elementsPath, files, variableOf);
  if (!listed.ok) return listed;
  const library = await loadClosure(listed.value, namesToLoad(request), files);
  const resolved = resolveElements(request, library);
  if (!resolved.ok) return resolved;
  const elements = await markFlavours(
    resolved.value.elements,
    { flavoursPath, named: request.elements },
    files,
  );
  const found = elements.map(({ element }) => element);
  const packageInstalls = await readPackageInstallsFiles(found, request.elementsPath, files);
  return success({ ...resolved.value, elements, packageInstalls });
}
