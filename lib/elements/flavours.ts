// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../model/brands.ts';
import type { ElementFiles } from './element-files.ts';
import type { LoadedElement } from './read-element.ts';

/**
 * Elements of the first generation, which were called flavours, had no dependencies and were mixed in the order in
 * which the user named them: those that still have none and on which no other depends stand behind all others so.
 */
export async function markFlavours(
  elements: readonly LoadedElement[],
  { flavoursPath, named }: { readonly flavoursPath: readonly HostPath[]; readonly named: readonly string[] },
  files: Pick<ElementFiles, 'directoriesIn'>,
): Promise<readonly LoadedElement[]> {
  const listed = await Promise.all(flavoursPath.map((entry) => files.directoriesIn(entry)));
  const flavours = new Set(listed.flatMap((directories) => directories ?? []));
  const marked = elements.map((loaded) =>
    flavours.has(loaded.element.directory) ? asFlavour(loaded) : loaded,
  );
  const wanted = new Set(marked.flatMap(({ element }) => element.dependsOn));
  const isFree = ({ element }: LoadedElement): boolean =>
    element.isFlavour === true &&
    element.dependsOn.length === 0 &&
    ![element.name, ...element.provides].some((name) => wanted.has(name));
  const place = ({ element }: LoadedElement): number => named.indexOf(element.name);
  return [
    ...marked.filter((loaded) => !isFree(loaded)),
    ...marked.filter(isFree).sort((a, b) => place(a) - place(b)),
  ];
}

const asFlavour = ({ element, ...rest }: LoadedElement): LoadedElement => ({
  ...rest,
  element: { ...element, isFlavour: true },
});
