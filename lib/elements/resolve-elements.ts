// SPDX-License-Identifier: Apache-2.0
import type { ElementName } from '../model/brands.ts';
import { elementName } from '../model/brands.ts';
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { BuildRequest } from '../model/request.ts';
import type { ElementLibrary } from './load-library.ts';
import { orderElements } from './order-elements.ts';
import type { LoadedElement } from './read-element.ts';
import {
  baseElement,
  blockDevice,
  blockDevicePrefix,
  defaultBlockDevice,
  defaultRamdiskElement,
  operatingSystem,
  virtualMachine,
} from './well-known.ts';

/** The part of a request that decides which elements are built. */
export type ElementsRequest = Pick<
  BuildRequest,
  'program' | 'elements' | 'withBase' | 'defaultOperatingSystem' | 'arch' | 'environment'
>;

export type ResolvedElements = {
  /** Dependencies first, ties by name. */
  readonly elements: readonly LoadedElement[];
  readonly notes: readonly string[];
};

/**
 * The closure of what the user named, by the rules of dib-contract §2.2. A name that no element has must be
 * provided by one of the closure; the operating system and a virtual machine's disk layout have defaults.
 * The library must have loaded whatever can be part of it: see `namesToLoad`.
 */
export function resolveElements(request: ElementsRequest, library: ElementLibrary): Result<ResolvedElements> {
  if (request.elements.length === 0) return failed(noElements(request));
  const closure = expandClosure(request, library);
  const problems = [
    ...unknownElements(closure, library),
    ...closure.conflicts,
    ...namedThoughProvided(request, closure),
  ];
  if (problems.length > 0) return failed(...problems);
  const members = [...closure.members.values()].filter(({ element }) => !closure.providers.has(element.name));
  const ownProblems = members.flatMap((member) => member.problems);
  if (ownProblems.length > 0) return failed(...ownProblems);
  const elements = orderElements(members, closure.providers);
  return success({ elements, notes: [...closure.notes, ...hidingNotes(elements, library)] });
}

/** Every name from which the closure can be reached, the defaults included. */
export function namesToLoad(request: ElementsRequest): readonly ElementName[] {
  return [
    ...startingNames(request),
    elementName(request.defaultOperatingSystem),
    defaultBlockDevice(request.arch),
  ];
}

type Closure = {
  readonly members: Map<ElementName, LoadedElement>;
  /** What is provided → the element that provides it. */
  readonly providers: Map<ElementName, ElementName>;
  /** Names that no element has → who asks for them. */
  readonly missing: Map<ElementName, readonly string[]>;
  readonly conflicts: Problem[];
  readonly notes: string[];
};

type Wanted = { readonly name: ElementName; readonly by: string };

const noElements = ({ program }: ElementsRequest): Problem => ({
  message: 'no element was named',
  hints: [`name at least one, for example: ${program} ${examples[program]}`],
});

const examples: Readonly<Record<BuildRequest['program'], string>> = {
  'disk-image-create': '-o image.qcow2 vm debian-minimal',
  'ramdisk-image-create': '-o deploy deploy',
};

const commandLine = 'the request';

function startingNames(request: ElementsRequest): readonly ElementName[] {
  const ramdisk = request.environment['RAMDISK_ELEMENT'] ?? defaultRamdiskElement;
  return [
    ...(request.program === 'ramdisk-image-create' ? [elementName(ramdisk)] : []),
    ...(request.withBase ? [baseElement] : []),
    ...request.elements.map(elementName),
  ];
}

function expandClosure(request: ElementsRequest, library: ElementLibrary): Closure {
  const closure: Closure = {
    members: new Map(),
    providers: new Map(),
    missing: new Map(),
    conflicts: [],
    notes: [],
  };
  let wanted: readonly Wanted[] = startingNames(request).map((name) => ({ name, by: commandLine }));
  while (wanted.length > 0) {
    addReachable(closure, library, wanted);
    wanted = missingDefaults(closure, request);
  }
  return closure;
}

/** Breadth first, so that a provider named by the user is met before the name it provides is looked up. */
function addReachable(closure: Closure, library: ElementLibrary, wanted: readonly Wanted[]): void {
  const queue = [...wanted];
  for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
    const { name, by } = next;
    if (closure.members.has(name) || closure.providers.has(name)) continue;
    const loaded = library.loaded.get(name);
    if (loaded === undefined) {
      closure.missing.set(name, [...new Set([...(closure.missing.get(name) ?? []), by])]);
      continue;
    }
    closure.members.set(name, loaded);
    addProvided(closure, loaded);
    queue.push(...loaded.element.dependsOn.map((dependency) => ({ name: dependency, by: name })));
  }
}

function addProvided(closure: Closure, { element }: LoadedElement): void {
  for (const provided of element.provides) {
    const provider = closure.providers.get(provided);
    if (provider === undefined) closure.providers.set(provided, element.name);
    else closure.conflicts.push(providedTwice(provided, provider, element.name));
  }
}

function missingDefaults(closure: Closure, request: ElementsRequest): readonly Wanted[] {
  const added: Wanted[] = [];
  const add = (name: ElementName, note: string): void => {
    if (closure.members.has(name) || closure.missing.has(name) || closure.providers.has(name)) return;
    added.push({ name, by: 'default' });
    closure.notes.push(note);
  };
  if (wantsBlockDevice(closure)) {
    const name = defaultBlockDevice(request.arch);
    add(name, `${name} was added: no element named brings a disk layout (${blockDevice})`);
  }
  if (!closure.providers.has(operatingSystem)) {
    const name = elementName(request.defaultOperatingSystem);
    add(
      name,
      `${name} was added: no element named provides ${operatingSystem} ` +
        '(DIB_DEFAULT_OPERATING_SYSTEM chooses another)',
    );
  }
  return added;
}

function wantsBlockDevice({ members, providers, missing }: Closure): boolean {
  if (providers.has(blockDevice)) return false;
  if (missing.has(blockDevice)) return true;
  return (
    members.has(virtualMachine) && ![...members.keys()].some((name) => name.startsWith(blockDevicePrefix))
  );
}

function unknownElements(closure: Closure, library: ElementLibrary): readonly Problem[] {
  const absent = [...closure.missing].filter(([name]) => !closure.providers.has(name));
  const problems = absent.map(([name, wantedBy]) => unknownElement(name, wantedBy, library));
  if (problems.length > 0 || closure.providers.has(operatingSystem)) return problems;
  return [noOperatingSystem(closure)];
}

function unknownElement(name: ElementName, wantedBy: readonly string[], library: ElementLibrary): Problem {
  const byElements = wantedBy.filter((by) => by !== commandLine);
  const asked = byElements.length === 0 ? '' : `, asked for by ${byElements.join(' and ')},`;
  return {
    message: `element \`${name}\`${asked} was not found`,
    hints: [...didYouMean(name, library.directories.keys()), `looked in ${library.path.join(', ')}`],
  };
}

function noOperatingSystem(closure: Closure): Problem {
  return {
    message: `none of the elements ${[...closure.members.keys()].join(' ')} provides ${operatingSystem}`,
    hints: ['name an element that makes a root file system, for example debian-minimal'],
  };
}

const providedTwice = (provided: ElementName, first: ElementName, second: ElementName): Problem => ({
  message: `\`${second}\` provides ${provided}, but so does \`${first}\``,
  hints: ['leave one of the two out'],
});

/** A name the user wrote that stands for another element of the closure is a contradiction, never dropped silently. */
function namedThoughProvided(request: ElementsRequest, closure: Closure): readonly Problem[] {
  return [...new Set(request.elements.map(elementName))].flatMap((name) => {
    const provider = closure.providers.get(name);
    if (provider === undefined || provider === name) return [];
    const message = `element \`${name}\` was named, but \`${provider}\` already provides it`;
    return [{ message, hints: [`leave \`${name}\` or \`${provider}\` out`] }];
  });
}

function hidingNotes(members: readonly LoadedElement[], library: ElementLibrary): readonly string[] {
  return members.flatMap(({ element }) =>
    (library.hidden.get(element.name) ?? []).map(
      (directory) => `${element.name} is taken from ${element.directory}, which hides ${directory}`,
    ),
  );
}
