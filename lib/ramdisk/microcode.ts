// SPDX-License-Identifier: Apache-2.0
import type { TreeReader } from './tree-reader.ts';

/** A file of the archive in front of the others, which the kernel reads before it unpacks anything. */
export type MicrocodePart = {
  /** In the archive. */
  readonly path: string;
  /** Files of the tree: the part is all of them, one behind the other. */
  readonly from: readonly string[];
};

/** Early microcode of x86 processors, in the order of the archive; none where the tree has none. */
export function microcodeParts(reader: TreeReader): readonly MicrocodePart[] {
  return makers.flatMap(({ path, directory, pattern }) => {
    const names = reader.namesIn(directory).filter((name) => pattern.test(name));
    const from = names.flatMap((name) => {
      const found = reader.find(`${directory}/${name}`);
      return found?.kind === 'file' ? [found.path] : [];
    });
    return from.length === 0 ? [] : [{ path, from: [...new Set(from)] }];
  });
}

/** The kernel reads no compressed file here. Beside the files lie words about them, and signatures. */
const makers = [
  {
    path: 'kernel/x86/microcode/AuthenticAMD.bin',
    directory: '/lib/firmware/amd-ucode',
    pattern: /^microcode_amd\w*\.bin$/,
  },
  {
    path: 'kernel/x86/microcode/GenuineIntel.bin',
    directory: '/lib/firmware/intel-ucode',
    // Debian adds the ending to what must not be loaded late, by a running system: it is meant for here.
    pattern: /^[\da-f]{2}-[\da-f]{2}-[\da-f]{2}(\.initramfs)?$/,
  },
] as const;
