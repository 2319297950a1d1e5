// SPDX-License-Identifier: Apache-2.0
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';

/** Names a blob of an OCI image layout. Source: OCI image-spec 1.1, descriptor.md. */
export type OciDescriptor = {
  readonly mediaType: string;
  /** `ALGORITHM:HEX`. */
  readonly digest: string;
  readonly size: number;
  /** Its name in this layout, when it has one. */
  readonly tag: string | null;
  readonly platform: { readonly os: string; readonly architecture: string } | null;
};

export type OciLayer = OciDescriptor & { readonly compression: 'none' | 'gzip' | 'zstd' };

export type OciManifest = { readonly config: OciDescriptor; readonly layers: readonly OciLayer[] };

export type WantedImage = {
  /** Null: the only image there is. */
  readonly tag: string | null;
  /** As dib names architectures. */
  readonly arch: string;
};

/** The manifest, or the index of an image for several platforms, that an index offers for what is wanted. */
export function chooseFromIndex(index: unknown, wanted: WantedImage): Result<OciDescriptor> {
  const all = descriptorsOf(index, 'manifests');
  if (!all.ok) return all;
  const tagged = wanted.tag === null ? all.value : all.value.filter(({ tag }) => tag === wanted.tag);
  const fitting = tagged.filter(({ platform }) => platform === null || fits(platform, wanted.arch));
  const [only, ...others] = fitting;
  if (only !== undefined && others.length === 0) return success(only);
  const tags = all.value.flatMap(({ tag }) => (tag === null ? [] : [tag])).join(', ');
  if (tagged.length === 0 && wanted.tag !== null) {
    return failed({ message: `no image is tagged ${wanted.tag}`, hints: [`the tags are ${tags || 'none'}`] });
  }
  if (only === undefined) return failed({ message: `no image is for linux on ${wanted.arch}` });
  return failed({ message: 'there are several images', hints: [`name one by its tag: ${tags}`] });
}

export const isIndex = ({ mediaType }: OciDescriptor): boolean =>
  /^application\/vnd\.(oci\.image\.index\.v1|docker\.distribution\.manifest\.list\.v2)\+json$/.test(
    mediaType,
  );

/** What an image is made of: lowest layer first. */
export function readManifest(value: unknown): Result<OciManifest> {
  const config = descriptorFrom(isMap(value) ? value['config'] : undefined);
  const layers = descriptorsOf(value, 'layers');
  if (config === null || !layers.ok) return failed({ message: 'its manifest has no config or no layers' });
  const known: OciLayer[] = [];
  for (const layer of layers.value) {
    const compression = compressionOf(layer.mediaType);
    if (compression === null) return failed({ message: `layers of type ${layer.mediaType} are not known` });
    known.push({ ...layer, compression });
  }
  return success({ config, layers: known });
}

/** Digests of the layers before compression, lowest first; empty when the image does not say. */
export function diffIdsOf(config: unknown): readonly string[] {
  const fileSystem = isMap(config) ? config['rootfs'] : undefined;
  const ids = isMap(fileSystem) ? fileSystem['diff_ids'] : undefined;
  return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : [];
}

function descriptorsOf(value: unknown, key: string): Result<readonly OciDescriptor[]> {
  const list = isMap(value) ? value[key] : undefined;
  if (!Array.isArray(list)) return failed({ message: `its JSON has no list \`${key}\`` });
  const descriptors = list.map(descriptorFrom);
  const valid = descriptors.filter((descriptor) => descriptor !== null);
  return valid.length === list.length
    ? success(valid)
    : failed({ message: `an entry of \`${key}\` lacks mediaType, digest or size` });
}

function descriptorFrom(value: unknown): OciDescriptor | null {
  if (!isMap(value)) return null;
  const { mediaType, digest, size } = value;
  if (typeof mediaType !== 'string' || typeof digest !== 'string' || typeof size !== 'number') return null;
  const annotations = isMap(value['annotations']) ? value['annotations'] : {};
  const tag = annotations['org.opencontainers.image.ref.name'];
  return {
    mediaType,
    digest,
    size,
    tag: typeof tag === 'string' ? tag : null,
    platform: platformFrom(value['platform']),
  };
}

function platformFrom(value: unknown): OciDescriptor['platform'] {
  if (!isMap(value)) return null;
  const { os, architecture } = value;
  return typeof os === 'string' && typeof architecture === 'string' ? { os, architecture } : null;
}

/** Names of the Go language for those of dib, where they differ. */
const architectures: Readonly<Record<string, string>> = {
  aarch64: 'arm64',
  armhf: 'arm',
  i386: '386',
  ppc64el: 'ppc64le',
  x86_64: 'amd64',
};

const fits = (platform: { readonly os: string; readonly architecture: string }, arch: string): boolean =>
  platform.os === 'linux' && platform.architecture === (architectures[arch] ?? arch);

/** Layers that may not be passed on, and those of Docker, hold the same. */
const layerType =
  /^application\/vnd\.(?:oci\.image\.layer\.(?:nondistributable\.)?v1|docker\.image\.rootfs(?:\.foreign)?\.diff)\.tar(?:[+.](gzip|zstd))?$/;

function compressionOf(mediaType: string): OciLayer['compression'] | null {
  const match = layerType.exec(mediaType);
  if (match === null) return null;
  return match[1] === 'gzip' || match[1] === 'zstd' ? match[1] : 'none';
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
