// SPDX-License-Identifier: Apache-2.0
import type { ElementName } from '../model/brands.ts';
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { LocatedValue, NodePath } from '../yaml/located-yaml.ts';
import { parseYaml, problemAt } from '../yaml/located-yaml.ts';
import type { PackageInstallsFile } from './package-installs-files.ts';

/** The phases in which packages are installed and removed, in order. */
export const packagePhases = ['pre-install.d', 'install.d', 'post-install.d'] as const;
export type PackagePhase = (typeof packagePhases)[number];

export type PackageChange = readonly [packageName: string, element: ElementName];

/** What is installed at the start of a phase, and removed at its end. */
export type PackageChanges = {
  readonly install: readonly PackageChange[];
  readonly uninstall: readonly PackageChange[];
};

/** Only the phases in which something changes, in order. */
export type PackageInstalls = Readonly<Partial<Record<PackagePhase, PackageChanges>>>;

/** What a variable holds. `unknown`: set by something that only a build can run. */
export type VariableLookup = (name: string) => { readonly value: string } | 'unset' | 'unknown';

/**
 * Evaluates package-installs files by the rules of dib-contract §2.6. An entry whose conditions depend on a variable
 * that is not known yet is left out. So is one of a hidden element whose `when` needs a variable that nobody has set: the
 * environment.d that would have set it is hidden as well; and one by a name that only its hidden pkg-map knows.
 */
export function evaluatePackageInstalls(
  files: readonly PackageInstallsFile[],
  lookup: VariableLookup,
): Result<PackageInstalls> {
  const read = files.map((file) => readFile(file, lookup));
  const problems = read.flatMap((result) => (result.ok ? [] : result.problems));
  if (problems.length > 0) return failed(...problems);
  const wishes = read.flatMap((result) => (result.ok ? result.value : []));
  const installs = packagePhases.map((phase) => [phase, changesIn(phase, wishes)] as const);
  return success(
    Object.fromEntries(
      installs.filter(([, { install, uninstall }]) => install.length + uninstall.length > 0),
    ),
  );
}

type Wish = {
  readonly phase: PackagePhase;
  readonly kind: 'install' | 'uninstall' | 'build-only';
  readonly change: PackageChange;
};

type Parameters = Readonly<Record<string, unknown>>;
type Site = Pick<PackageInstallsFile, 'element' | 'isHidden'> & {
  readonly document: LocatedValue;
  readonly at: NodePath;
};

/** A wish to have a package beats a wish to be rid of it; one needed for the build only goes unless someone wants it. */
function changesIn(phase: PackagePhase, wishes: readonly Wish[]): PackageChanges {
  const here = wishes.filter((wish) => wish.phase === phase);
  const kept = new Set(here.filter(({ kind }) => kind === 'install').map(({ change }) => change[0]));
  return {
    install: withoutRepetition(here.filter(({ kind }) => kind !== 'uninstall')),
    uninstall: withoutRepetition(
      here.filter(({ kind, change }) => kind !== 'install' && !kept.has(change[0])),
    ),
  };
}

function withoutRepetition(wishes: readonly Wish[]): readonly PackageChange[] {
  return [...new Map(wishes.map(({ change }) => [change.join(' '), change])).values()];
}

function readFile(file: PackageInstallsFile, lookup: VariableLookup): Result<readonly Wish[]> {
  const parsed = parseYaml(file.text, file.path);
  if (!parsed.ok) return parsed;
  const document = parsed.value;
  if (document.value === null) return success([]);
  if (!isMap(document.value)) {
    return failed(
      problemAt(document, [], { message: 'package-installs must map names of packages to settings' }),
    );
  }
  const wishes: Wish[] = [];
  const problems: Problem[] = [];
  for (const [name, value] of Object.entries(document.value)) {
    if (file.unmapped?.includes(name) === true) continue;
    for (const { parameters, at } of parameterSets(name, value)) {
      const site = { document, at, element: file.element, isHidden: file.isHidden };
      const result = isMap(parameters)
        ? readWish(name, parameters, site, lookup)
        : failed(problemAt(document, at, { message: `the settings of package \`${name}\` must be a map` }));
      if (!result.ok) problems.push(...result.problems);
      else if (result.value !== null) wishes.push(result.value);
    }
  }
  return problems.length > 0 ? failed(...problems) : success(wishes);
}

function parameterSets(
  name: string,
  value: unknown,
): readonly { readonly parameters: unknown; readonly at: NodePath }[] {
  if (!Array.isArray(value)) return [{ parameters: value ?? {}, at: [name] }];
  return value.map((parameters: unknown, index) => ({ parameters: parameters ?? {}, at: [name, index] }));
}

/** Null when its conditions do not hold, or cannot be known yet. */
function readWish(
  name: string,
  parameters: Parameters,
  site: Site,
  lookup: VariableLookup,
): Result<Wish | null> {
  const phase = readPhase(name, parameters, site);
  const conditions = [
    installTypeHolds(parameters, site, lookup),
    archHolds(name, parameters, site, lookup),
    pythonVersionHolds(parameters, lookup),
    ...whenHolds(name, parameters, site, lookup),
  ];
  const problems = [phase, ...conditions].flatMap((result) => (result.ok ? [] : result.problems));
  if (!phase.ok || problems.length > 0) return failed(...problems);
  if (!conditions.every((result) => result.ok && result.value === true)) return success(null);
  const kind =
    'uninstall' in parameters ? 'uninstall' : 'build-only' in parameters ? 'build-only' : 'install';
  return success({ phase: phase.value, kind, change: [name, site.element] });
}

function readPhase(name: string, parameters: Parameters, site: Site): Result<PackagePhase> {
  const phase = parameters['phase'] ?? 'install.d';
  const known = packagePhases.find((candidate) => candidate === phase);
  if (known !== undefined) return success(known);
  return failed(
    problemAt(site.document, [...site.at, 'phase'], {
      message: `package \`${name}\` names the phase \`${textOf(phase)}\`, in which no packages are installed`,
      hints: [...didYouMean(textOf(phase), packagePhases), `use one of ${packagePhases.join(', ')}`],
    }),
  );
}

type Holds = Result<boolean | 'unknown'>;

function installTypeHolds(parameters: Parameters, { element }: Site, lookup: VariableLookup): Holds {
  const wanted = parameters['installtype'];
  if (wanted === undefined) return success(true);
  const own = lookup(`DIB_INSTALLTYPE_${element.replaceAll('-', '_')}`);
  const type = own === 'unset' ? lookup('DIB_DEFAULT_INSTALLTYPE') : own;
  if (type === 'unknown') return success('unknown');
  return success(textOf(wanted) === (type === 'unset' ? 'source' : type.value));
}

function archHolds(name: string, parameters: Parameters, site: Site, lookup: VariableLookup): Holds {
  const { arch: only, 'not-arch': except } = parameters;
  if (only !== undefined && except !== undefined) {
    const message = `package \`${name}\` has both \`arch\` and \`not-arch\``;
    return failed(
      problemAt(site.document, [...site.at, 'not-arch'], { message, hints: ['keep one of them'] }),
    );
  }
  if (only === undefined && except === undefined) return success(true);
  const arch = lookup('ARCH');
  if (arch === 'unknown') return success('unknown');
  const isListed = archList(only ?? except).includes(arch === 'unset' ? '' : arch.value);
  return success(only === undefined ? !isListed : isListed);
}

const archList = (value: unknown): readonly string[] =>
  textOf(value)
    .split(',')
    .map((arch) => arch.trim());

function pythonVersionHolds(parameters: Parameters, lookup: VariableLookup): Holds {
  const wanted = parameters['dib_python_version'];
  if (wanted === undefined) return success(true);
  const version = lookup('DIB_PYTHON_VERSION');
  if (version === 'unknown') return success('unknown');
  return success(version !== 'unset' && version.value === textOf(wanted));
}

function whenHolds(
  name: string,
  parameters: Parameters,
  site: Site,
  lookup: VariableLookup,
): readonly Holds[] {
  const { when } = parameters;
  if (when === undefined || when === null) return [];
  const at = [...site.at, 'when'];
  const conditions: readonly unknown[] = Array.isArray(when) ? when : [when];
  return conditions.map((condition, index) =>
    conditionHolds(name, textOf(condition), site.isHidden ? forgiving(lookup) : lookup, (problem) =>
      problemAt(site.document, Array.isArray(when) ? [...at, index] : at, problem),
    ),
  );
}

const forgiving =
  (lookup: VariableLookup): VariableLookup =>
  (name) => {
    const found = lookup(name);
    return found === 'unset' ? 'unknown' : found;
  };

function conditionHolds(
  name: string,
  condition: string,
  lookup: VariableLookup,
  problem: (words: Omit<Problem, 'location'>) => Problem,
): Holds {
  const [, variable, comparison, wanted] = /^\s*([A-Za-z_]\w*)\s*(!=|==?)\s*(.*?)\s*$/s.exec(condition) ?? [];
  if (variable === undefined) {
    const message = `package \`${name}\` has the condition \`${condition}\`, which says nothing`;
    return failed(problem({ message, hints: ['write `VARIABLE = value` or `VARIABLE != value`'] }));
  }
  const actual = lookup(variable);
  if (actual === 'unknown') return success('unknown');
  if (actual === 'unset') {
    const message = `package \`${name}\` depends on the variable ${variable}, which is not set`;
    return failed(problem({ message, hints: [`set ${variable}, or give it a default in environment.d`] }));
  }
  return success((actual.value === wanted) === (comparison !== '!='));
}

/** A scalar as the user wrote it; a list as its items with commas between. */
const textOf = (value: unknown): string =>
  Array.isArray(value)
    ? value.map(textOf).join(',')
    : typeof value === 'string'
      ? value
      : JSON.stringify(value);

function isMap(value: unknown): value is Parameters {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
