// SPDX-License-Identifier: Apache-2.0
import { basename, dirname } from 'node:path';
import type { FileEntry } from '../elements/element-files.ts';
import type { PhaseName } from '../model/phases.ts';
import { isPhaseName } from '../model/phases.ts';
import type { ShellLine } from './shell-lines.ts';
import { shellLines } from './shell-lines.ts';

/** A file of an element as checks see it. */
export type LintFile = {
  /** Relative to the element's directory. */
  readonly path: string;
  readonly isExecutable: boolean;
  /** Null when it is no text. */
  readonly text: string | null;
  /**
   * `hook`: run in a phase. `environment`: sourced before hooks. `program`: of `bin`, or the element's own test.
   * `other`: all the rest, such as what `static` brings into the image.
   */
  readonly role: 'hook' | 'environment' | 'program' | 'other';
  /** The phase of a hook. */
  readonly phase: PhaseName | null;
  /** The first line less `#!`; null when there is none. */
  readonly interpreter: string | null;
  /** Empty unless it is a shell script. */
  readonly shell: readonly ShellLine[];
};

export function lintFile({ path, mode, content }: FileEntry): LintFile {
  const bytes = Buffer.from(content);
  const text = bytes.includes(0) ? null : bytes.toString('utf8');
  const interpreter = /^#!\s*(.*)/.exec(text ?? '')?.[1]?.trimEnd() ?? null;
  const isExecutable = (mode & 0o111) !== 0;
  const role = !isExecutable && interpreter === null && isUnlikeHook(path) ? 'other' : roleOf(path);
  return {
    path,
    isExecutable,
    text,
    role,
    phase: role === 'hook' ? phaseOf(path) : null,
    interpreter,
    shell: text !== null && isShell(path, role, interpreter) ? shellLines(text) : [],
  };
}

function roleOf(path: string): LintFile['role'] {
  const [directory = '', ...rest] = path.split('/');
  if (rest.length === 0) return path === 'test' ? 'program' : 'other';
  if (directory === 'environment.d' && rest.length === 1) return 'environment';
  if (directory === 'bin') return 'program';
  return runsIn(path) ? 'hook' : 'other';
}

/** Hooks may have files beside them to read or to copy: what has no number and cannot run is none that was forgotten. */
const isUnlikeHook = (path: string): boolean => runsIn(path) && !/^\d/.test(basename(path));

/** Directories beside the phases whose files are run. */
const furtherHooks = ['cache-key.d', 'prefetch.d'];

/** Install types are a level deeper: `install.d/NAME-source-install/50-name`. */
function runsIn(path: string): boolean {
  const directory = dirname(path).replace(/^install\.d\/[^/]+-install$/, 'install.d');
  if (basename(path).startsWith('package-installs-')) return false;
  return isPhaseName(directory) || furtherHooks.includes(directory);
}

function phaseOf(path: string): PhaseName | null {
  const [directory = ''] = path.split('/');
  return isPhaseName(directory) ? directory : null;
}

function isShell(path: string, role: LintFile['role'], interpreter: string | null): boolean {
  if (interpreter !== null) return /\b(ba|da|k)?sh\b/.test(interpreter);
  return role === 'hook' || role === 'environment' || /\.(ba)?sh$/.test(path);
}

/** Whether bash runs it during a build: what the rules for scripts are about. */
export const isBuildScript = ({ role, shell, interpreter }: LintFile): boolean =>
  (role === 'hook' || role === 'program') && shell.length > 0 && interpreter !== null;

export const isPython = ({ path, interpreter }: LintFile): boolean =>
  path.endsWith('.py') || /\b(dib-)?python[\d.]*\b/.test(interpreter ?? '');
