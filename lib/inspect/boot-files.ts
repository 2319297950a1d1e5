// SPDX-License-Identifier: Apache-2.0
import { newest } from '../model/compare-versions.ts';
import { globPattern } from '../model/glob-pattern.ts';
import { leftBeside } from '../model/kernel-names.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';

/** Families of operating systems that name their kernels each in their own way. */
export const systems = ['redhat', 'debian', 'suse', 'gentoo'] as const;
export type OperatingSystem = (typeof systems)[number];

/** Names in one directory. */
export type BootFiles = { readonly kernel: string; readonly initrd: string };

/** DIB_BAREMETAL_KERNEL_PATTERN and DIB_BAREMETAL_INITRD_PATTERN: names as a shell matches them. */
export type BootPatterns = { readonly kernel: string; readonly initrd: string };

/** How to choose: what the user says, else what the operating system does; null: neither is known. */
export type BootRule = BootPatterns | OperatingSystem | null;

/** Whether any kernel is among the names. */
export const hasKernel = (names: readonly string[], rule: BootRule): boolean =>
  newestKernel(names, rule) !== null;

/**
 * The newest kernel of a directory and its initrd, by the rule of upstream's select_boot_kernel_initrd; the initrd is
 * that of the same version, which upstream leaves to chance. @param where The directory, as problems name it.
 */
export function chooseBootFiles(names: readonly string[], rule: BootRule, where: string): Result<BootFiles> {
  if (rule === null) return failed(unknownSystem(where));
  const kernel = newestKernel(names, rule);
  if (kernel === null) return failed(noKernel(rule, where));
  const wanted = typeof rule === 'string' ? initrdNames(rule, kernel) : [];
  const initrd =
    typeof rule === 'string'
      ? wanted.find((name) => names.includes(name))
      : newest(names.filter((name) => globPattern(rule.initrd).test(name)));
  if (initrd === undefined) return failed(noInitrd(rule, kernel, { where, wanted }));
  return success({ kernel, initrd });
}

type SystemRule = {
  /** The first that any name matches counts. */
  readonly kernels: readonly RegExp[];
  readonly skip: RegExp;
  /** What stands before and behind a version in the names of initrds. */
  readonly initrds: readonly (readonly [string, string])[];
};

const rules: Readonly<Record<OperatingSystem, SystemRule>> = {
  redhat: {
    kernels: [/^vmlinu[xz]-.*PAE/, /^vmlinu[xz]-/],
    skip: /debug|rescue/,
    initrds: [['initramfs', '.img']],
  },
  debian: {
    kernels: [/^vmlinu[xz]-.*generic$/, /^vmlinu[xz]-/, /^vmlinu[xz]$/],
    skip: /^$/,
    initrds: [
      ['initrd.img', ''],
      ['initrd', ''],
    ],
  },
  suse: { kernels: [/^(vmlinuz|image)$/i], skip: /^$/, initrds: [['initrd', '']] },
  gentoo: {
    kernels: [/^(vmlinuz|kernel)-/],
    skip: /^$/,
    initrds: [
      ['initramfs', '.img'],
      ['initramfs', ''],
      ['initrd', ''],
    ],
  },
};

function newestKernel(names: readonly string[], rule: BootRule): string | null {
  if (rule === null) return newest(names.filter((name) => /^vmlinu[xz]/.test(name))) ?? null;
  if (typeof rule !== 'string')
    return newest(names.filter((name) => globPattern(rule.kernel).test(name))) ?? null;
  const { kernels, skip } = rules[rule];
  const usable = names.filter((name) => !skip.test(name) && !leftBeside.test(name));
  const found = kernels.map((pattern) => newest(usable.filter((name) => pattern.test(name))));
  return found.find((name) => name !== undefined) ?? null;
}

/** `-6.1.0-10-amd64` of `vmlinuz-6.1.0-10-amd64`; empty for a link that bears no version. */
const initrdNames = (system: OperatingSystem, kernel: string): readonly string[] => {
  const version = /-.*$/.exec(kernel)?.[0] ?? '';
  return rules[system].initrds.map(([before, behind]) => `${before}${version}${behind}`);
};

const unknownSystem = (where: string): Problem => ({
  message: `unable to detect the operating system of ${where}`,
  hints: [`known are ${systems.join(', ')} and what descends from them`, patternHint],
});

const patternHint =
  'DIB_BAREMETAL_KERNEL_PATTERN and DIB_BAREMETAL_INITRD_PATTERN, set together, say what the files are called';

const noKernel = (rule: OperatingSystem | BootPatterns, where: string): Problem => ({
  message:
    typeof rule === 'string'
      ? `there is no kernel in ${where}, where ${rule} would have it`
      : `there is no kernel ${rule.kernel} in ${where}`,
  hints: [
    typeof rule === 'string'
      ? 'build the image with an element that installs one, for example vm'
      : 'correct DIB_BAREMETAL_KERNEL_PATTERN',
  ],
});

function noInitrd(
  rule: OperatingSystem | BootPatterns,
  kernel: string,
  { where, wanted }: { readonly where: string; readonly wanted: readonly string[] },
): Problem {
  if (typeof rule !== 'string')
    return {
      message: `there is no initrd ${rule.initrd} for ${kernel} in ${where}`,
      hints: ['correct DIB_BAREMETAL_INITRD_PATTERN'],
    };
  return {
    message: `there is no initrd for ${kernel} in ${where}: ${wanted.join(' or ')} is missing`,
    hints: ['let the image make one (update-initramfs, dracut)', patternHint],
  };
}
