// SPDX-License-Identifier: Apache-2.0
import { newest } from '../model/compare-versions.ts';
import { leftBeside } from '../model/kernel-names.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { TreeReader } from './tree-reader.ts';

export type KernelTerms = {
  /** DIB_KERNEL_VERSION or DIB_SIGNED_KERNEL_VERSION; null: the newest. May end in `.efi.signed`, to prefer that image. */
  readonly version: string | null;
  /** DIB_MODULE_ROOT: where in the tree `boot` and `lib/modules` are looked for first; empty: at its top. */
  readonly moduleRoot: string;
  /** Whether the tree is the machine that builds; for messages. */
  readonly isHost: boolean;
};

export type ChosenKernel = {
  readonly version: string;
  /** Of the tree, no part of it a link. */
  readonly image: string;
  /** The directory lib/modules/VERSION, no part of it a link. Null: it has none, all it can do is built in. */
  readonly modules: string | null;
};

/** The kernel of a RAM disk. One without modules is chosen only when it is named or no other is there, a rescue kernel only by name. */
export function chooseKernel(reader: TreeReader, terms: KernelTerms): Result<ChosenKernel> {
  const places = placesOf(terms.moduleRoot);
  const kernels = kernelsIn(reader, places, terms.version?.endsWith(signed) === true);
  const wanted = terms.version?.replace(signedAtEnd, '') ?? null;
  const kernel = wanted === null ? newestKernel(kernels) : kernels.find(({ version }) => version === wanted);
  if (kernel === undefined) return failed(noKernel(wanted, places, { kernels, isHost: terms.isHost }));
  if (kernel.modules === null && places.root !== '') return failed(noModules(kernel, places, kernels));
  return success(kernel);
}

type Places = { readonly root: string; readonly boots: readonly string[]; readonly modules: string };

function placesOf(moduleRoot: string): Places {
  const parts = moduleRoot.split('/').filter((part) => part !== '');
  const root = parts.map((part) => `/${part}`).join('');
  return { root, boots: [...new Set([`${root}/boot`, '/boot'])], modules: `${root}/lib/modules` };
}

const signed = '.efi.signed';
const signedAtEnd = /\.efi\.signed$/;

/** As architectures name their kernels, best first. */
const prefixes = ['vmlinuz', 'vmlinux', 'Image', 'zImage'] as const;
const named = new RegExp(String.raw`^(?:${prefixes.join('|')})-(.+?)(?:\.efi\.signed)?$`);

/** All that can be booted. `vmlinux-VERSION.gz` is for debuggers. */
function kernelsIn(reader: TreeReader, places: Places, prefersSigned: boolean): readonly ChosenKernel[] {
  const inBoot = places.boots
    .flatMap((boot) => reader.namesIn(boot))
    .flatMap((name) => named.exec(name)?.[1] ?? []);
  const versions = new Set([...inBoot, ...reader.namesIn(places.modules)]);
  return [...versions].flatMap((version) => {
    if (leftBeside.test(version) || /\.[gx]z$/.test(version)) return [];
    const image = imageOf(reader, { places, version, prefersSigned });
    const modules = reader.find(`${places.modules}/${version}`);
    return image === null
      ? []
      : [{ version, image, modules: modules?.kind === 'directory' ? modules.path : null }];
  });
}

type ImageTerms = { readonly places: Places; readonly version: string; readonly prefersSigned: boolean };

function imageOf(reader: TreeReader, { places, version, prefersSigned }: ImageTerms): string | null {
  const plain = prefixes.map((prefix) => `${prefix}-${version}`);
  const bySigner = plain.map((name) => `${name}${signed}`);
  const names = prefersSigned ? [...bySigner, ...plain] : [...plain, ...bySigner];
  const inBoot = places.boots.flatMap((boot) => names.map((name) => `${boot}/${name}`));
  for (const path of [...inBoot, `${places.modules}/${version}/vmlinuz`]) {
    const found = reader.find(path);
    if (found?.kind === 'file') return found.path;
  }
  return null;
}

function newestKernel(kernels: readonly ChosenKernel[]): ChosenKernel | undefined {
  const usable = kernels.filter(({ version }) => !/rescue/.test(version));
  const withModules = usable.filter(({ modules }) => modules !== null);
  const best = newest((withModules.length > 0 ? withModules : usable).map(({ version }) => version));
  return kernels.find(({ version }) => version === best);
}

type KernelsThere = Pick<KernelTerms, 'isHost'> & { readonly kernels: readonly ChosenKernel[] };

function noKernel(wanted: string | null, places: Places, { kernels, isHost }: KernelsThere): Problem {
  const where = isHost ? 'on this machine' : 'in the tree';
  const how = isHost ? '' : ' in an element';
  return {
    message: `there is no kernel${wanted === null ? '' : ` ${wanted}`} ${where}`,
    hints: [
      lookedFor(wanted ?? 'VERSION', places),
      ...versionsThere(kernels),
      wanted === null
        ? `install a kernel package${how}, or name a directory that has one: -m ROOT (DIB_MODULE_ROOT)`
        : `install the package of that kernel${how}, or name another: -k VERSION (DIB_KERNEL_VERSION)`,
    ],
  };
}

const noModules = (
  { version }: ChosenKernel,
  { modules }: Places,
  kernels: readonly ChosenKernel[],
): Problem => ({
  message: `the kernel ${version} has no modules: ${modules}/${version} is not a directory`,
  hints: [
    ...versionsThere(kernels),
    'correct -m ROOT (DIB_MODULE_ROOT): lib/modules lies in it; or name another kernel: -k VERSION (DIB_KERNEL_VERSION)',
  ],
});

const lookedFor = (version: string, { boots, modules }: Places): string =>
  `looked for ${prefixes.map((prefix) => `${prefix}-${version}`).join(', ')} in ${boots.join(' and ')}, and for ${modules}/${version}/vmlinuz`;

const versionsThere = (kernels: readonly ChosenKernel[]): readonly string[] =>
  kernels.length === 0 ? [] : [`there are: ${kernels.map(({ version }) => version).join(', ')}`];
