// SPDX-License-Identifier: Apache-2.0
import { mkdir, rename, stat, writeFile } from 'node:fs/promises';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { tarCommand } from '../../formats/tar-command.ts';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import { checksumsOf } from './checksums.ts';
import type { WorkerContext } from '../context.ts';
import { findGzip } from './find-gzip.ts';
import { runToolQuietly } from '../run-tool-quietly.ts';

export type OciImage = {
  readonly tree: HostPath;
  /** Made anew. */
  readonly directory: HostPath;
  /** The name it will get, for messages. */
  readonly output: HostPath;
  /** As dib names architectures. */
  readonly arch: string;
  readonly tag: string;
  readonly signal: AbortSignal;
};

type Descriptor = { readonly mediaType: string; readonly digest: string; readonly size: number };

const MEDIA = 'application/vnd.oci.image';

/** Writes the tree as an image of one layer in the OCI image layout. Source: OCI image-spec 1.0. */
export async function writeOci(context: WorkerContext, image: OciImage): Promise<void> {
  const blobs = join(image.directory, 'blobs/sha256');
  await mkdir(blobs, { recursive: true });
  const { layer, diffId } = await writeLayer(context, image, blobs);
  const config = await writeBlob(blobs, `${MEDIA}.config.v1+json`, configFor(image.arch, diffId));
  const manifest = await writeBlob(blobs, `${MEDIA}.manifest.v1+json`, {
    schemaVersion: 2,
    mediaType: `${MEDIA}.manifest.v1+json`,
    config,
    layers: [layer],
  });
  const annotations = { 'org.opencontainers.image.ref.name': image.tag };
  await writeJson(join(image.directory, 'index.json'), {
    schemaVersion: 2,
    mediaType: `${MEDIA}.index.v1+json`,
    manifests: [{ ...manifest, annotations }],
  });
  await writeJson(join(image.directory, 'oci-layout'), { imageLayoutVersion: '1.0.0' });
}

/** Its identity is the digest of the archive before compression, so it is packed first and compressed then. */
async function writeLayer(
  context: WorkerContext,
  { tree, output, signal }: OciImage,
  blobs: string,
): Promise<{ readonly layer: Descriptor; readonly diffId: string }> {
  const archive = join(blobs, 'layer.tar');
  const [program = 'tar', ...words] = tarCommand(null).map((word) =>
    word.replaceAll('{tree}', tree).replaceAll('{file}', archive),
  );
  await runToolQuietly(context, `packing the layer of ${output}`, {
    argv: [program, ...words],
    signal,
    writesTo: output,
  });
  const diffId = `sha256:${await sha256Of(archive)}`;
  const argv = [await findGzip(context), '-n', archive] as const;
  await runToolQuietly(context, `compressing the layer of ${output}`, {
    argv,
    signal,
    writesTo: output,
  });
  const compressed = `${archive}.gz`;
  const digest = await sha256Of(compressed);
  const { size } = await stat(compressed);
  await rename(compressed, join(blobs, digest));
  return { layer: { mediaType: `${MEDIA}.layer.v1.tar+gzip`, digest: `sha256:${digest}`, size }, diffId };
}

async function sha256Of(file: string): Promise<string> {
  const { sha256 = '' } = await checksumsOf(hostPath(file), ['sha256']);
  return sha256;
}

/** Names of the Go language, which OCI uses. */
const architectures: Readonly<Record<string, { readonly architecture: string; readonly variant?: string }>> =
  {
    armhf: { architecture: 'arm', variant: 'v7' },
    i386: { architecture: '386' },
    ppc64el: { architecture: 'ppc64le' },
  };

const configFor = (arch: string, diffId: string): object => ({
  ...(architectures[arch] ?? { architecture: arch }),
  os: 'linux',
  config: {},
  rootfs: { type: 'layers', diff_ids: [diffId] },
});

async function writeBlob(blobs: string, mediaType: string, value: object): Promise<Descriptor> {
  const text = JSON.stringify(value);
  const digest = createHash('sha256').update(text).digest('hex');
  await writeFile(join(blobs, digest), text);
  return { mediaType, digest: `sha256:${digest}`, size: Buffer.byteLength(text) };
}

const writeJson = (path: string, value: object): Promise<void> =>
  writeFile(path, `${JSON.stringify(value)}\n`);
