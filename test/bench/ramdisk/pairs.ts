// SPDX-License-Identifier: Apache-2.0
import { spawn } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { BootPair } from '../../../lib/boot/inspect-pair.ts';
import { readyRamdisk } from '../../../lib/boot/view-boot.ts';
import { environmentWith, sourcesOfBoth } from '../debian-builder.ts';
import type { Workbench } from '../workbench.ts';

/** A kernel with a RAM disk that is made by one of the two ways, and what shows on the console that it is up. */
export type PairKind = {
  readonly name: string;
  readonly title: string;
  /** Builds it from a checkout in a directory of its own. */
  readonly make: (bench: Workbench, stop: AbortSignal) => Promise<BootPair>;
  /** What the RAM disk prints when it has the machine's devices and could go on to its work. */
  readonly ready: RegExp;
};

/** What both have in common: Debian's kernel for virtual machines. */
const common = { DIB_DEBIAN_KERNEL: 'cloud' };

export const pairKinds: readonly PairKind[] = [ours('gzip'), debian('gzip'), ours('zstd'), debian('zstd')];

function ours(compression: string): PairKind {
  const name = `ours-${compression}`;
  return {
    name,
    title: `ours, ${compression}`,
    make: async (bench, stop) => {
      const base = join(placeOf(bench, name), 'pair');
      await build(bench, stop, {
        words: ['ramdisk-image-create', '-o', base, 'debian-minimal'],
        environment: { DIB_RAMDISK_COMPRESSION: compression },
      });
      return { kernel: `${base}.kernel`, initrd: `${base}.initramfs`, append: 'ip=off' };
    },
    ready: readyRamdisk,
  };
}

/** What `update-initramfs` makes in the tree. It is stopped where it would look for the root file system. */
function debian(compression: string): PairKind {
  const name = `debian-${compression}`;
  return {
    name,
    title: `Debian's, ${compression}`,
    make: async (bench, stop) => {
      const base = join(placeOf(bench, name), 'pair');
      await build(bench, stop, {
        words: [
          'disk-image-create',
          '-o',
          base,
          'debian-minimal',
          'bench-initramfs',
          'baremetal',
          'no-final-image',
        ],
        environment: { BENCH_COMPRESSION: compression },
      });
      return { kernel: `${base}.vmlinuz`, initrd: `${base}.initrd`, append: 'break=mount' };
    },
    ready: /^\(initramfs\)/m,
  };
}

function placeOf({ outputs }: Workbench, name: string): string {
  const place = join(outputs, name);
  mkdirSync(place, { recursive: true });
  return place;
}

type Build = {
  /** One of bin/*, and its words. */
  readonly words: readonly [string, ...string[]];
  readonly environment: Readonly<Record<string, string>>;
};

/** @throws Error with what the build said when it fails. */
async function build(bench: Workbench, signal: AbortSignal, { words, environment }: Build): Promise<void> {
  const [program, ...rest] = words;
  const child = spawn(join(bench.root, 'bin', program), rest, {
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    env: environmentWith({
      ...sourcesOfBoth(),
      ...common,
      ...environment,
      DIB_IMAGE_CACHE: bench.cache,
      ELEMENTS_PATH: bench.elements,
    }),
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text: string) => void (said += text));
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', resolve);
  });
  if (status !== 0) throw new Error(`${words.join(' ')}: status ${status}\n${said.slice(-5000)}`);
}
