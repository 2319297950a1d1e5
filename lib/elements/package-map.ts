// SPDX-License-Identifier: Apache-2.0
import type { HostPath } from '../model/brands.ts';
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import { parseYaml, problemAt } from '../yaml/located-yaml.ts';

/** An element's `pkg-map`: what its names for packages mean on each distribution. */
export type PackageMap = {
  readonly default: Names;
  readonly family: Readonly<Record<string, Names>>;
  readonly distro: Readonly<Record<string, Names>>;
  readonly release: Readonly<Record<string, Readonly<Record<string, Names>>>>;
};

type Names = Readonly<Record<string, string>>;

export type Distribution = { readonly distro: string; readonly release: string | null };

/** Reads the JSON text of a `pkg-map`. */
export function readPackageMap(text: string, path: HostPath): Result<PackageMap> {
  const parsed = parseYaml(text, path);
  if (!parsed.ok) return parsed;
  const { value } = parsed.value;
  if (!isRecord(value)) {
    return failed(problemAt(parsed.value, [], { message: 'pkg-map must be a map of package names' }));
  }
  return success({
    default: names(value['default']),
    family: mapValues(value['family'], names),
    distro: mapValues(value['distro'], names),
    release: mapValues(value['release'], (releases) => mapValues(releases, names)),
  });
}

/**
 * The distribution's packages for an element's name: none when the map says that there is nothing to install,
 * the name itself when the map has no word on it.
 */
export function mapPackage(
  map: PackageMap,
  name: string,
  { distro, release }: Distribution,
): readonly string[] {
  const releases = map.release[distro] ?? {};
  const byRelease = release === null ? {} : (releases[release] ?? releases[release.replace(/-stream$/, '')]);
  const merged = {
    ...map.default,
    ...map.family[familyOf(distro) ?? ''],
    ...map.distro[distro],
    ...byRelease,
  };
  return (merged[name] ?? name).split(/\s+/).filter((word) => word !== '');
}

/** Which distributions share their names for packages, as the `pkg-map` command has it (dib-contract §2.6). */
const families: Readonly<Record<string, readonly string[]>> = {
  redhat: ['almalinux', 'fedora', 'rhel', 'centos', 'openeuler', 'rocky'],
  debian: ['debian', 'ubuntu'],
  suse: ['opensuse'],
  gentoo: ['gentoo'],
};

const familyOf = (distro: string): string | undefined =>
  Object.keys(families).find((family) => families[family]?.includes(distro));

const names = (value: unknown): Names => mapValues(value, String);

function mapValues<T>(value: unknown, convert: (entry: unknown) => T): Readonly<Record<string, T>> {
  if (!isRecord(value)) return {};
  return Object.fromEntries(Object.entries(value).map(([key, entry]) => [key, convert(entry)]));
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
