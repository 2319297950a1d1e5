// SPDX-License-Identifier: Apache-2.0
import { writeFile } from 'node:fs/promises';

import type { ElementName, HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { Result } from '../model/problem.ts';
import { success } from '../model/problem.ts';
import { parseYaml } from '../yaml/located-yaml.ts';
import type { ElementFiles } from './element-files.ts';
import { realElementFiles } from './element-files.ts';
import type { PackageInstalls } from './package-installs.ts';
import { evaluatePackageInstalls, packagePhases } from './package-installs.ts';
import { readPackageInstallsFiles } from './package-installs-files.ts';

export type SquashRequest = {
  readonly elements: readonly ElementName[];
  /** Where to look for them, as ELEMENTS_PATH. */
  readonly path: readonly HostPath[];
  /** Gets the JSON; the same as plain text goes beside it, `.json` replaced by `.txt`. */
  readonly outFile: HostPath;
  readonly environment: Readonly<Record<string, string>>;
};

/**
 * What the host command `package-installs-squash` does: evaluates the package-installs files of all elements once,
 * on the host, so that the tree needs neither Python nor a YAML reader.
 */
export async function squashPackageInstalls(
  request: SquashRequest,
  files: ElementFiles = realElementFiles,
): Promise<Result<void>> {
  const { elements, path, outFile, environment } = request;
  const directories = elementDirectories(environment);
  const sought = elements.map((name) => ({ name, directory: directories.get(name) ?? null }));
  const found = await readPackageInstallsFiles(sought, path, files);
  const installs = evaluatePackageInstalls(found, (name) => {
    const value = environment[name];
    return value === undefined ? 'unset' : { value };
  });
  if (!installs.ok) return installs;
  await writeFile(outFile, `${JSON.stringify(installs.value, null, 2)}\n`);
  await writeFile(`${outFile.replace(/\.json$/, '')}.txt`, packageInstallsLines(installs.value));
  return success(undefined);
}

/** What IMAGE_ELEMENT_YAML says, in its order; nothing when it is not set or no map. */
export function elementDirectories({
  IMAGE_ELEMENT_YAML: text = '',
}: Readonly<Record<string, string>>): ReadonlyMap<string, HostPath> {
  const parsed = parseYaml(text, 'IMAGE_ELEMENT_YAML');
  const entries = parsed.ok ? Object.entries(parsed.value.value ?? {}) : [];
  return new Map(entries.map(([name, directory]) => [name, hostPath(String(directory))]));
}

/** `phase TAB install|uninstall TAB package TAB element`, one line a package. */
export function packageInstallsLines(installs: PackageInstalls): string {
  return packagePhases
    .flatMap((phase) =>
      (['install', 'uninstall'] as const).flatMap((kind) =>
        (installs[phase]?.[kind] ?? []).map((change) => `${[phase, kind, ...change].join('\t')}\n`),
      ),
    )
    .join('');
}
