// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { spawnSync } from 'node:child_process';

export type LayerToWrite = {
  readonly archive: Buffer;
  readonly compression?: 'none' | 'gzip' | 'zstd';
};

export type OciToWrite = {
  readonly layers: readonly LayerToWrite[];
  readonly tag?: string;
  readonly architecture?: string;
};

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number };

/** Writes images into one OCI layout, each with a tag and a platform where it names one. @returns digests of manifests. */
export function writeOciDirectory(directory: string, images: readonly OciToWrite[]): readonly string[] {
  mkdirSync(join(directory, 'blobs/sha256'), { recursive: true });
  writeFileSync(join(directory, 'oci-layout'), '{"imageLayoutVersion": "1.0.0"}');
  const manifests = images.map((image) => writeImage(directory, image));
  writeFileSync(join(directory, 'index.json'), JSON.stringify({ schemaVersion: 2, manifests }));
  return manifests.map(({ digest }) => digest);
}

function writeImage(directory: string, { layers, tag, architecture }: OciToWrite): Descriptor {
  const rootfs = { type: 'layers', diff_ids: layers.map(({ archive }) => digestOf(archive)) };
  const config = writeBlob(directory, 'config.v1+json', JSON.stringify({ os: 'linux', rootfs }));
  const written = layers.map(({ archive, compression = 'gzip' }) => {
    const suffix = compression === 'none' ? '' : `+${compression}`;
    return writeBlob(directory, `layer.v1.tar${suffix}`, packed(archive, compression));
  });
  const manifest = writeBlob(
    directory,
    'manifest.v1+json',
    JSON.stringify({ schemaVersion: 2, config, layers: written }),
  );
  return {
    ...manifest,
    ...(tag === undefined ? {} : { annotations: { 'org.opencontainers.image.ref.name': tag } }),
    ...(architecture === undefined ? {} : { platform: { os: 'linux', architecture } }),
  };
}

function packed(archive: Buffer, compression: 'none' | 'gzip' | 'zstd'): Buffer {
  if (compression === 'none') return archive;
  if (compression === 'gzip') return gzipSync(archive);
  return spawnSync('zstd', ['--quiet', '--stdout'], { input: archive }).stdout;
}

function writeBlob(directory: string, type: string, content: string | Buffer): Descriptor {
  const bytes = Buffer.from(content);
  const digest = digestOf(bytes);
  writeFileSync(join(directory, 'blobs', digest.replace(':', '/')), bytes);
  return { mediaType: `application/vnd.oci.image.${type}`, digest, size: bytes.length };
}

const digestOf = (bytes: Buffer): string => `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
