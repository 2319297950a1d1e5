// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';

import type { HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { LocatedValue } from '../yaml/located-yaml.ts';
import { locationOf, parseYaml, problemAt } from '../yaml/located-yaml.ts';
import type { ElementFiles } from './element-files.ts';

/** Service → distribution, family or `default` → what it is called there, several with blanks between. */
export type ServiceMap = Readonly<Record<string, Readonly<Record<string, string>>>>;

/** Puts the `svc-map` files of elements together. A service that two of them map is a problem. */
export async function mergeServiceMaps(
  directories: readonly HostPath[],
  files: ElementFiles,
): Promise<Result<ServiceMap>> {
  const merged = new Map<string, LocatedService>();
  const problems: Problem[] = [];
  for (const directory of directories) {
    const path = hostPath(join(directory, 'svc-map'));
    const text = await files.readText(path);
    const services = text === null ? success([]) : readServices(text, path);
    if (!services.ok) problems.push(...services.problems);
    for (const service of services.ok ? services.value : []) {
      const earlier = merged.get(service.name);
      if (earlier === undefined) merged.set(service.name, service);
      else problems.push(mappedTwice(service, earlier));
    }
  }
  if (problems.length > 0) return failed(...problems);
  return success(Object.fromEntries([...merged].map(([name, { names }]) => [name, names])));
}

/** `service TAB distribution TAB names`, a line each, for shells that read no YAML. */
export function serviceMapLines(services: ServiceMap): string {
  return Object.entries(services)
    .flatMap(([service, names]) =>
      Object.entries(names).map(([distribution, name]) => `${service}\t${distribution}\t${name}\n`),
    )
    .join('');
}

type LocatedService = {
  readonly name: string;
  readonly names: Readonly<Record<string, string>>;
  readonly document: LocatedValue;
};

function readServices(text: string, path: HostPath): Result<readonly LocatedService[]> {
  const parsed = parseYaml(text, path);
  if (!parsed.ok) return parsed;
  const document = parsed.value;
  if (document.value === null) return success([]);
  if (!isMap(document.value)) {
    return failed(problemAt(document, [], { message: 'svc-map must be a map of services' }));
  }
  const entries = Object.entries(document.value);
  const problems = entries.flatMap(([name, value]) => problemsOf(document, name, value));
  if (problems.length > 0) return failed(...problems);
  return success(entries.map(([name, value]) => ({ name, names: namesOf(value), document })));
}

function problemsOf(document: LocatedValue, name: string, value: unknown): readonly Problem[] {
  const hints = ['write what it is called, as in `{default: sshd, debian: ssh}`'];
  if (!isMap(value) && !isNames(value))
    return [problemAt(document, [name], { message: `svc-map says nothing of service \`${name}\``, hints })];
  if (!isMap(value)) return [];
  return Object.entries(value)
    .filter(([, names]) => !isNames(names))
    .map(([distribution]) => {
      const message = `svc-map has no name for service \`${name}\` in \`${distribution}\``;
      return problemAt(document, [name, distribution], { message, hints });
    });
}

function namesOf(value: unknown): Readonly<Record<string, string>> {
  const entries = isMap(value) ? Object.entries(value) : [['default', value] as const];
  return Object.fromEntries(entries.map(([distribution, names]) => [distribution, [names].flat().join(' ')]));
}

function mappedTwice({ name, document }: LocatedService, earlier: LocatedService): Problem {
  const first = locationOf(earlier.document, [name]);
  return problemAt(document, [name], {
    message: `service \`${name}\` is mapped twice`,
    hints: [`the other one is in ${first.path}, line ${first.line ?? 1}: leave one out`],
  });
}

const isNames = (value: unknown): boolean =>
  isName(value) || (Array.isArray(value) && value.length > 0 && value.every(isName));

/** Without a character that lines and columns are told apart by. */
const isName = (value: unknown): boolean => typeof value === 'string' && /^[^\t\n]*$/.test(value);

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
