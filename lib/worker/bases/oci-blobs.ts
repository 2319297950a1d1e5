// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { OciDescriptor, OciManifest, WantedImage } from '../../formats/oci-layout.ts';
import { chooseFromIndex, diffIdsOf, isIndex, readManifest } from '../../formats/oci-layout.ts';
import type { Result } from '../../model/problem.ts';
import { RefusedBase, refusedFor } from './refused-base.ts';

/** An image of a directory in the OCI layout. */
export type OciImage = {
  readonly directory: string;
  /** Digest of its manifest: the same image has the same. */
  readonly digest: string;
  readonly manifest: OciManifest;
  readonly diffIds: readonly string[];
};

/** Reads what the image consists of; every blob read is checked against its digest. @throws RefusedBase */
export async function openOciImage(directory: string, wanted: WantedImage): Promise<OciImage> {
  await checkVersion(directory);
  let chosen = valueOf(
    directory,
    chooseFromIndex(parse(await readPart(directory, 'index.json'), directory), wanted),
  );
  for (let depth = 0; isIndex(chosen) && depth < MAX_NESTED_INDEXES; depth++) {
    const inner = await readJsonBlob(directory, chosen);
    chosen = valueOf(directory, chooseFromIndex(inner, { ...wanted, tag: null }));
  }
  const manifest = valueOf(directory, readManifest(await readJsonBlob(directory, chosen)));
  const diffIds = diffIdsOf(await readJsonBlob(directory, manifest.config));
  return { directory, digest: chosen.digest, manifest, diffIds };
}

const MAX_NESTED_INDEXES = 4;

/** The blob's path, its size and digest having been found right. @throws RefusedBase */
export async function checkedBlob(directory: string, blob: OciDescriptor): Promise<string> {
  const file = blobPath(directory, blob);
  const status = await stat(file).catch(() => null);
  if (status === null) throw new RefusedBase(`${directory}: the blob ${blob.digest} is missing`);
  if (status.size !== blob.size)
    throw new RefusedBase(`${directory}: the blob ${blob.digest} has ${status.size} bytes, not ${blob.size}`);
  const found = await digestOf(file, algorithmOf(blob.digest));
  if (found !== blob.digest)
    throw new RefusedBase(`${directory}: the blob ${blob.digest} is damaged: its digest is ${found}`);
  return file;
}

/** `ALGORITHM:HEX` of a file. */
export async function digestOf(file: string, algorithm: string): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(file, { highWaterMark: 1024 * 1024 }))
    hash.update(chunk as Buffer);
  return `${algorithm}:${hash.digest('hex')}`;
}

export const algorithmOf = (digest: string): string => digest.slice(0, digest.indexOf(':'));

async function checkVersion(directory: string): Promise<void> {
  const layout = parse(await readPart(directory, 'oci-layout'), directory);
  const version = (layout as { imageLayoutVersion?: unknown } | null)?.imageLayoutVersion;
  if (typeof version === 'string' && version.startsWith('1.')) return;
  throw new RefusedBase(`${directory}: version ${String(version)} of the OCI image layout is not known`);
}

async function readPart(directory: string, name: string): Promise<string> {
  try {
    return await readFile(join(directory, name), 'utf8');
  } catch {
    throw new RefusedBase(`${directory} is no OCI image layout: it has no file ${name}`);
  }
}

async function readJsonBlob(directory: string, blob: OciDescriptor): Promise<unknown> {
  return parse(await readFile(await checkedBlob(directory, blob), 'utf8'), directory);
}

function parse(text: string, directory: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new RefusedBase(`${directory}: a part of the image that should be JSON is not`);
  }
}

function valueOf<T>(directory: string, result: Result<T>): T {
  if (!result.ok) throw refusedFor(directory, result.problems);
  return result.value;
}

/** A digest is part of a path: nothing but what the specification allows may get there. */
function blobPath(directory: string, { digest }: OciDescriptor): string {
  const match = /^(sha256|sha512):([0-9a-f]{64,128})$/.exec(digest);
  if (match === null) throw new RefusedBase(`${directory}: digests like ${digest} are not known`);
  const [, algorithm = '', hex = ''] = match;
  return join(directory, 'blobs', algorithm, hex);
}
