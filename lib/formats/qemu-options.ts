// SPDX-License-Identifier: Apache-2.0
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem } from '../model/problem.ts';
import type { RecipeOptions } from './output-format.ts';

/** Options of `qemu-img convert -o` by format. Source: qemu-img(1), block drivers' creation options. */
const creationOptions: Readonly<Record<string, readonly string[]>> = {
  qcow2: [
    'compat',
    'cluster_size',
    'compression_type',
    'preallocation',
    'lazy_refcounts',
    'refcount_bits',
    'extended_l2',
    'nocow',
  ],
  vhd: ['subformat', 'force_size'],
  vhdx: ['subformat', 'block_size', 'block_state_zero', 'log_size'],
  vmdk: ['adapter_type', 'subformat', 'hwversion', 'toolsversion', 'zeroed_grain', 'compat6'],
  vdi: ['static', 'preallocation'],
};

export type QemuOption = { readonly name: string; readonly value: string };

/** The words of `--qemu-img-options` that the format knows, in order. Those of other formats are theirs. */
export function qemuOptionsFor(format: string, { output }: RecipeOptions): readonly QemuOption[] {
  return parse(output.qemuImgOptions).filter(({ name }) => creationOptions[format]?.includes(name));
}

/** Words that no output asked for knows: each is said by the first that takes any. */
export function unknownQemuOptions(format: string, options: RecipeOptions): readonly Problem[] {
  const takers = options.outputTypes.filter((type) => Object.hasOwn(creationOptions, type));
  if (takers[0] !== format) return [];
  const known = takers.flatMap((type) => creationOptions[type] ?? []);
  return parse(options.output.qemuImgOptions)
    .filter(({ name }) => !known.includes(name))
    .map(({ name }) => ({
      message: `--qemu-img-options: ${takers.join(' and ')} ${takers.length > 1 ? 'know' : 'knows'} no option ${name}`,
      hints: [...didYouMean(name, known), `known: ${known.join(', ')}`],
    }));
}

/** `k=v,k=v`; a key alone means `on`, as for qemu-img. */
function parse(text: string | null): readonly QemuOption[] {
  return (text ?? '')
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => {
      const [name = '', ...value] = word.split('=');
      return { name, value: value.length === 0 ? 'on' : value.join('=') };
    });
}
