// SPDX-License-Identifier: Apache-2.0
import { mkdtemp, open, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Host } from '../host/host.ts';
import type { HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import { BuildFailure } from '../model/failure.ts';
import { runNeeded } from './needed-program.ts';

/** What other formats than raw begin with. */
const signatures = [
  ['qcow2', 'QFI\xfb'],
  ['vmdk', 'KDMV'],
  ['vhdx', 'vhdxfile'],
  ['vpc', 'conectix'],
  ['vdi', '<<< '],
] as const;

/**
 * Hands over an image as a raw file: itself, or, for other formats, a sparse copy that is removed afterwards.
 * @throws BuildFailure input-invalid when the image cannot be read.
 */
export async function withRawDisk<T>(
  host: Host,
  { image, temporaryDirectory }: { readonly image: string; readonly temporaryDirectory: string },
  use: (raw: HostPath) => Promise<T>,
): Promise<T> {
  const format = await formatOf(image);
  // Absolute, since a name with a colon would mean a protocol to QEMU.
  const path = resolve(image);
  if (format === 'raw') return use(hostPath(path));
  const directory = await mkdtemp(join(temporaryDirectory, 'dib-disk-'));
  try {
    const raw = hostPath(join(directory, 'raw'));
    const argv = ['qemu-img', 'convert', '-W', '-m', '8', '-f', format, '-O', 'raw', path, raw] as const;
    await runNeeded(host, { argv, doing: `reading ${image}`, reason: `reads ${format} images` });
    return await use(raw);
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

async function formatOf(image: string): Promise<string> {
  const start = await firstBytes(image).catch((error: unknown) => {
    throw unreadable(image, error);
  });
  return signatures.find(([, signature]) => start.startsWith(signature))?.[0] ?? 'raw';
}

async function firstBytes(image: string): Promise<string> {
  const file = await open(image);
  try {
    if ((await file.stat()).isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' });
    const { buffer, bytesRead } = await file.read(Buffer.alloc(8), 0, 8, 0);
    return buffer.subarray(0, bytesRead).toString('latin1');
  } finally {
    await file.close();
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  ENOTDIR: 'part of the path is no directory',
  EISDIR: 'it is a directory',
  EACCES: 'you may not read it',
};

function unreadable(image: string, error: unknown): BuildFailure {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const message = `image file ${image} is not readable: ${reasons[code] ?? String(error)}`;
  const problems = [{ message, hints: ['name a disk image with -i, for example image.qcow2'] }];
  return new BuildFailure({ kind: 'input-invalid', problems });
}
