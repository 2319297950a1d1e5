// SPDX-License-Identifier: Apache-2.0
import type { Element, ElementFile, Hook } from '../model/element.ts';
import { compareHookNames, defaultHookNames, hookNames } from '../model/hook-order.ts';
import type { PhaseName } from '../model/phases.ts';
import { phaseNames } from '../model/phases.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';

export type MergedHooks = {
  /** By phase, each in the order it runs. */
  readonly hooks: readonly Hook[];
  readonly notes: readonly string[];
};

/**
 * Merges the directories of all elements as the hooks directory has them (dib-contract §2.4, §2.5). The same file from
 * two elements is a problem, but of two flavours the later one's counts; a top-level file of the same name is only a
 * note, since nothing reads those any more.
 * @param namePattern RUN_PARTS_REGEX, an extended regular expression.
 */
export function mergeHooks(
  elements: readonly Element[],
  namePattern: string = defaultHookNames,
): Result<MergedHooks> {
  const names = compilePattern(namePattern);
  if (!names.ok) return names;
  const { files, notes } = withoutOverwritten(elements.flatMap(mergedFiles));
  const problems = clashes(files.filter(({ directory }) => directory !== '')).map(duplicateHook);
  if (problems.length > 0) return failed(...problems);
  const candidates = files.filter(({ directory, file }) => isPhase(directory) && file.kind === 'file');
  const accepted = candidates.filter(({ file, name }) => file.executable && names.value.test(name));
  return success({
    hooks: phaseNames.flatMap((phase) => hooksOf(phase, accepted)),
    notes: [
      ...notes,
      ...candidates.flatMap((candidate) => ignoredNote(candidate, names.value)),
      ...clashes(files.filter(({ directory }) => directory === '')).flatMap(hiddenFileNote),
    ],
  });
}

/** The files of an element that are merged, with the directory they are merged into; `''` is the top level. */
type MergedFile = {
  readonly element: Element;
  readonly directory: string;
  readonly name: string;
  readonly file: ElementFile;
};

/** Never merged: an element's own tests, and what Python leaves behind. */
const unmerged = ['tests', 'test-elements', '__pycache__'];

/** Every element may have these, and none is read from the merged directory. */
const ownFiles =
  /^(element-(deps|provides)|element\.yaml|test|test-output-formats|README\.(md|rst)|package-installs\.(json|yaml)|pkg-map|svc-map|block-device-.*\.yaml|init|binary-deps)$/;

/** Text files in phases that are read by the hooks of package-installs. */
const packageList = /^package-installs-/;

function mergedFiles(element: Element): readonly MergedFile[] {
  return element.files.flatMap((file) => {
    const [directory, name] = file.path.includes('/') ? file.path.split('/') : ['', file.path];
    if (name === undefined || directory === undefined || file.kind === 'directory') return [];
    if (name.startsWith('.') || directory.startsWith('.') || unmerged.includes(directory)) return [];
    return [{ element, directory, name, file }];
  });
}

/** What is left when a flavour's file replaces that of a flavour before it. */
function withoutOverwritten(files: readonly MergedFile[]): {
  readonly files: readonly MergedFile[];
  readonly notes: readonly string[];
} {
  const pairs = clashes(
    files.filter(({ element, directory }) => element.isFlavour === true && directory !== ''),
  );
  const last = new Map(pairs.map(([, later]) => [later.file.path, later]));
  const isOverwritten = (file: MergedFile): boolean =>
    file.element.isFlavour === true && (last.get(file.file.path) ?? file) !== file;
  const notes = files.filter(isOverwritten).map(({ element, file }) => {
    const winner = last.get(file.path)?.element.name ?? '';
    return `${file.path} of ${element.name} gives way to that of ${winner}, a later flavour`;
  });
  return { files: files.filter((file) => !isOverwritten(file)), notes };
}

/** Files that meet another of the same name merged before, with that one. */
function clashes(files: readonly MergedFile[]): readonly (readonly [MergedFile, MergedFile])[] {
  const first = new Map<string, MergedFile>();
  return files.flatMap((file) => {
    const earlier = first.get(file.file.path);
    if (earlier === undefined) first.set(file.file.path, file);
    return earlier === undefined ? [] : [[earlier, file] as const];
  });
}

function duplicateHook([first, second]: readonly [MergedFile, MergedFile]): Problem {
  const { path } = first.file;
  return {
    message: `elements \`${first.element.name}\` and \`${second.element.name}\` both have ${path}`,
    hints: [
      `rename ${first.element.directory}/${path} or ${second.element.directory}/${path}, or leave one element out`,
    ],
  };
}

function hooksOf(phase: PhaseName, files: readonly MergedFile[]): readonly Hook[] {
  return files
    .filter(({ directory }) => directory === phase)
    .map(({ element, name }) => ({ phase, element: element.name, script: name }))
    .sort((a, b) => compareHookNames(a.script, b.script));
}

function ignoredNote({ element, file, name }: MergedFile, names: RegExp): readonly string[] {
  if (packageList.test(name) || (element.isFlavour === true && name === 'defaults')) return [];
  // For hooks to read or to copy, as settings that lie beside them.
  if (!file.executable && !names.test(name) && !/^\d/.test(name)) return [];
  if (!file.executable) return [`${element.name}/${file.path} does not run: it is not executable`];
  if (!names.test(name))
    return [`${element.name}/${file.path} does not run: its name is none that hooks have`];
  return [];
}

function hiddenFileNote([first, second]: readonly [MergedFile, MergedFile]): readonly string[] {
  if (ownFiles.test(first.name)) return [];
  return [
    `both ${first.element.name} and ${second.element.name} have a top-level file ${first.name}: ` +
      `hooks see that of ${second.element.name}`,
  ];
}

const isPhase = (directory: string): boolean => (phaseNames as readonly string[]).includes(directory);
function compilePattern(pattern: string): Result<RegExp> {
  try {
    return success(hookNames(pattern));
  } catch {
    const message = `RUN_PARTS_REGEX is no regular expression: ${pattern}`;
    return failed({ message, hints: [`leave it unset for ${defaultHookNames}`] });
  }
}
