// SPDX-License-Identifier: Apache-2.0
import type { PackageChange, PackageInstalls, VariableLookup } from '../elements/package-installs.ts';
import { evaluatePackageInstalls, packagePhases } from '../elements/package-installs.ts';
import type { Distribution, PackageMap } from '../elements/package-map.ts';
import { mapPackage, readPackageMap } from '../elements/package-map.ts';
import type { PreparedElements } from '../elements/prepare-elements.ts';
import type { LoadedElement } from '../elements/read-element.ts';
import { packageInstalls as packageInstallsElement } from '../elements/well-known.ts';
import type { ElementName } from '../model/brands.ts';
import { elementName, hostPath } from '../model/brands.ts';
import type { PlannedPackages } from '../model/plan.ts';
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';

/**
 * The packages that elements ask for in package-installs files, by phase and element, under the distribution's
 * names where DISTRO_NAME is known. Nothing installs them unless the element that does is part of the build.
 */
export function planPackages(
  { elements, packageInstalls }: PreparedElements,
  lookup: VariableLookup,
): Result<readonly PlannedPackages[]> {
  if (!elements.some(({ element }) => element.name === packageInstallsElement)) return success([]);
  const installs = evaluatePackageInstalls(packageInstalls, lookup);
  const maps = readPackageMaps(elements);
  if (!installs.ok || !maps.ok) {
    return failed(...[installs, maps].flatMap((result) => (result.ok ? [] : result.problems)));
  }
  const nameOf = packageNames(maps.value, lookup);
  return success([
    ...packagePhases.flatMap((phase) =>
      elements.flatMap(({ element, texts }) => {
        const planned = changesOf(element.name, installs.value[phase]);
        const listed = listedPackages(texts, phase);
        const install = [...planned.install, ...listed.install].flatMap(nameOf);
        const uninstall = [...planned.uninstall, ...listed.uninstall].flatMap(nameOf);
        if (install.length + uninstall.length === 0) return [];
        return [{ phase, element: element.name, install: unique(install), uninstall: unique(uninstall) }];
      }),
    ),
  ]);
}

function changesOf(name: ElementName, changes: PackageInstalls[keyof PackageInstalls]): Changes {
  const own = ([, element]: PackageChange): boolean => element === name;
  return {
    install: (changes?.install ?? []).filter(own),
    uninstall: (changes?.uninstall ?? []).filter(own),
  };
}

type Changes = { readonly install: readonly PackageChange[]; readonly uninstall: readonly PackageChange[] };

/**
 * The old text form: `PHASE.d/package-installs-ELEMENT`, `-` in front of a package that is installed at the start of the
 * phase and removed at its end. The name of the file says whose package map counts.
 */
function listedPackages(texts: LoadedElement['texts'], phase: string): Changes {
  const prefix = `${phase}/package-installs-`;
  const words = [...texts]
    .filter(([path]) => path.startsWith(prefix))
    .flatMap(([path, text]) =>
      wordsOf(text).map((word) => [word, elementName(path.slice(prefix.length))] as const),
    );
  return {
    install: words.map(([word, element]) => [word.replace(/^-/, ''), element]),
    uninstall: words
      .filter(([word]) => word.startsWith('-'))
      .map(([word, element]) => [word.slice(1), element]),
  };
}

function wordsOf(text: string): readonly string[] {
  const lines = text.split('\n').map((line) => line.replace(/#.*/, ''));
  return lines.flatMap((line) => line.split(/\s+/).filter((word) => word !== ''));
}

function readPackageMaps(elements: readonly LoadedElement[]): Result<ReadonlyMap<ElementName, PackageMap>> {
  const read = elements.flatMap(({ element, texts }) => {
    const text = texts.get('pkg-map');
    if (text === undefined) return [];
    return [{ name: element.name, map: readPackageMap(text, hostPath(`${element.directory}/pkg-map`)) }];
  });
  const problems = read.flatMap(({ map }) => (map.ok ? [] : map.problems));
  if (problems.length > 0) return failed(...problems);
  return success(new Map(read.flatMap(({ name, map }) => (map.ok ? [[name, map.value] as const] : []))));
}

function packageNames(
  maps: ReadonlyMap<ElementName, PackageMap>,
  lookup: VariableLookup,
): (change: PackageChange) => readonly string[] {
  const distribution = distributionOf(lookup);
  return ([name, element]) => {
    const map = maps.get(element);
    return map === undefined || distribution === null ? [name] : mapPackage(map, name, distribution);
  };
}

function distributionOf(lookup: VariableLookup): Distribution | null {
  const distro = lookup('DISTRO_NAME');
  const release = lookup('DIB_RELEASE');
  if (typeof distro === 'string') return null;
  return { distro: distro.value, release: typeof release === 'string' ? null : release.value };
}

const unique = (words: readonly string[]): readonly string[] => [...new Set(words)];
