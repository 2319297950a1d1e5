// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../host/host.ts';
import type { HostPath } from '../model/brands.ts';
import { BuildFailure } from '../model/failure.ts';
import { runNeeded } from './needed-program.ts';

/** Reads the file systems of a raw disk without mounting them. A place is `(DEVICE)/PATH`, as GRUB writes it. */
export type DiskReader = {
  /** The disk itself and its partitions, in their order. */
  readonly devices: readonly string[];
  /** Names of a directory, links among them; none when there is no such directory or nothing readable there. */
  readonly names: (place: string) => Promise<readonly string[]>;
  /** The text of a file; empty when there is none. */
  readonly text: (place: string) => Promise<string>;
  /** Links are followed. @throws BuildFailure when it cannot be read. */
  readonly copy: (place: string, file: string) => Promise<void>;
};

const reason = 'reads file systems in disk images (package grub-common, or grub2-tools-extra)';

/** GRUB's own drivers read the file: no device, no mount, no root. Fedora and SUSE call the program by another name. */
export async function openDisk(host: Host, raw: HostPath): Promise<DiskReader> {
  const program = await findProgram(host);
  const ask = (...words: readonly string[]): Promise<string> =>
    host.run({ argv: [program, raw, ...words] }).then(({ stdout }) => stdout);
  const { stdout } = await runNeeded(host, {
    argv: [program, raw, 'ls'],
    doing: 'reading the partition table',
    reason,
  });
  return {
    devices: devicesIn(stdout),
    names: async (place) => namesIn(await ask('ls', '--', '-l', `${place}/`)),
    text: (place) => ask('cat', place),
    copy: async (place, file) => {
      await runNeeded(host, { argv: [program, raw, 'cp', place, file], doing: `reading ${place}`, reason });
    },
  };
}

async function findProgram(host: Host): Promise<string> {
  for (const program of ['grub-fstest', 'grub2-fstest']) {
    const { exitStatus } = await host.run({ argv: [program, '--version'] });
    if (exitStatus === 0) return program;
  }
  throw new BuildFailure({ kind: 'missing-programs', needs: [{ program: 'grub-fstest', reason }] });
}

/** `(proc) (loop0) (loop0,gpt2) (loop0,gpt1) (host)`: the last two kinds are not of the image. */
function devicesIn(text: string): readonly string[] {
  const found = [...text.matchAll(/\(([^)]+)\)/g)].map(([, name = '']) => name);
  const numbersOf = (name: string): number => Number(/\d+$/.exec(name)?.[0] ?? 0);
  return found
    .filter((name) => name !== 'proc' && name !== 'host')
    .sort((a, b) => a.split(',').length - b.split(',').length || numbersOf(a) - numbersOf(b));
}

/** Lines of size, time and name; a directory's name ends in a slash. */
const namesIn = (text: string): readonly string[] =>
  [...text.matchAll(/^(?:DIR|\d+)\s+\d+\s(.*?)\/?$/gm)].map(([, name = '']) => name);
