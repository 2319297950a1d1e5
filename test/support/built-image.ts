// SPDX-License-Identifier: Apache-2.0
import { existsSync } from 'node:fs';
import { extname, join } from 'node:path';
import { inject } from 'vitest';
import type { BootPair } from '../../lib/boot/inspect-pair.ts';
import { realHost } from '../../lib/host/real-host.ts';
import { packageRoot } from './run-command.ts';

export type ImageRequest = {
  readonly directory: string;
  /** As after `-o`. */
  readonly name: string;
  /** Options and elements. */
  readonly words: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
};

/** Who can log in where the element devuser is part of an image. */
export const devuser = { name: 'devuser', password: 'walrus-and-carpenter' };

/** For images whose kernel, format and menu are not what a test is about: they take little time to make and to start. */
export const quick = { DIB_DEBIAN_KERNEL: 'cloud', DIB_QCOW2_COMPRESSION: 'zstd', DIB_GRUB_TIMEOUT: '1' };

/** Builds as a user does, from the last build of the program, with layers shared by all tests. */
export async function buildImage(request: ImageRequest): Promise<string> {
  await build('disk-image-create', request);
  return join(request.directory, request.name);
}

/** The same for a kernel and its RAM disk, which is called as the request says when that has an extension. */
export async function buildPair(request: ImageRequest): Promise<BootPair> {
  await build('ramdisk-image-create', request);
  const path = join(request.directory, request.name);
  const extension = extname(path);
  const kernel = `${path.slice(0, path.length - extension.length)}.kernel`;
  return { kernel, initrd: extension === '' ? `${path}.initramfs` : path, append: '' };
}

async function build(
  program: 'disk-image-create' | 'ramdisk-image-create',
  { directory, name, words, environment }: ImageRequest,
): Promise<void> {
  if (!existsSync(join(packageRoot, 'dist/cli/main.js'))) throw new Error('run `npm run build` first');
  const result = await realHost.run({
    argv: [join(packageRoot, 'bin', program), '-o', name, ...words],
    cwd: directory,
    environment: {
      ...withoutUndefined(process.env),
      DIB_IMAGE_CACHE: inject('layerCache'),
      DIB_DEV_USER_PASSWORD: devuser.password,
      DIB_DEV_USER_PWDLESS_SUDO: 'yes',
      DIB_DEV_USER_AUTHORIZED_KEYS: '/dev/null',
      ...environment,
    },
  });
  if (result.exitStatus !== 0) throw new Error(`${name} was not built\n${result.lastLines.join('\n')}`);
}

const withoutUndefined = (environment: NodeJS.ProcessEnv): Readonly<Record<string, string>> =>
  Object.fromEntries(
    Object.entries(environment).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
