// SPDX-License-Identifier: Apache-2.0
import type { PhaseName } from '../../model/phases.ts';
import type { LintCheck } from '../lint-check.ts';
import type { ShellLine } from '../shell-lines.ts';
import { logicalLines } from '../shell-lines.ts';

const phases: readonly (PhaseName | null)[] = [
  'root.d',
  'extra-data.d',
  'block-device.d',
  'finalise.d',
  'cleanup.d',
];

const places = /TARGET_ROOT|IMAGE_BLOCK_DEVICE|TMP_MOUNT_PATH|TMP_IMAGE_PATH|TMP_HOOKS_PATH|install-packages/;
const consent = /#\s*dib-lint:\s*safe_sudo/;

/** With sudo a hook on the host changes the image, not the machine that builds. */
export const safe_sudo: LintCheck = ({ files }) =>
  files
    .filter(({ phase, shell }) => phases.includes(phase) && shell.length > 0)
    .flatMap(({ path, shell }) => {
      const lines = logicalLines(shell);
      const derived = derivedNames(lines);
      return lines
        .filter((line, index) => isUnsafe(line, lines[index - 1], derived))
        .map(({ number }) => ({
          path,
          line: number,
          message:
            'sudo may change the machine that builds: name a path below TARGET_ROOT or TMP_MOUNT_PATH, ' +
            'or say that it is meant with # dib-lint: safe_sudo',
        }));
    });

function isUnsafe(
  { code, text }: ShellLine,
  before: ShellLine | undefined,
  derived: readonly string[],
): boolean {
  if (!/(^|[\s;&|(!])sudo\s/.test(code) || places.test(text) || consent.test(text)) return false;
  if (before !== undefined && before.code.trim() === '' && consent.test(before.text)) return false;
  return !mentions(code, derived);
}

/** Variables whose value is made from such a place. */
function derivedNames(lines: readonly ShellLine[]): readonly string[] {
  const derived: string[] = [];
  for (const { code } of lines) {
    for (const [, name = '', value = ''] of code.matchAll(/(?:^|[\s;(])(\w+)=(\S*)/g)) {
      if (places.test(value) || mentions(value, derived)) derived.push(name);
    }
  }
  return derived;
}

const mentions = (code: string, names: readonly string[]): boolean =>
  [...code.matchAll(/\$\{?(\w+)/g)].some(([, name = '']) => names.includes(name));
