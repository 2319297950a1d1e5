// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { chooseFromIndex, diffIdsOf, isIndex, readManifest } from '../../../lib/formats/oci-layout.ts';

const blob = (type: string, extra: object = {}): object => ({
  mediaType: `application/vnd.${type}`,
  digest: 'sha256:00',
  size: 3,
  ...extra,
});
const image = (extra: object): object => blob('oci.image.manifest.v1+json', extra);
const tagged = (tag: string): object => ({ annotations: { 'org.opencontainers.image.ref.name': tag } });
const on = (architecture: string, os = 'linux'): object => ({ platform: { os, architecture } });

describe('choosing from an index', () => {
  const choose = (manifests: readonly object[], tag: string | null = null): unknown => {
    const result = chooseFromIndex({ manifests }, { tag, arch: 'ppc64el' });
    return result.ok ? result.value.digest : result.problems;
  };

  test('takes the only one, by tag and by platform in the words of Go', () => {
    expect(choose([image({})])).toBe('sha256:00');
    expect(choose([image(tagged('a')), image({ ...tagged('b'), digest: 'sha256:b' })], 'b')).toBe('sha256:b');
    const right = image({ ...on('ppc64le'), digest: 'sha256:p' });
    expect(choose([image(on('amd64')), right, image(on('ppc64le', 'aix'))])).toBe('sha256:p');
  });

  test('says why it takes none', () => {
    expect(choose([image(on('amd64'))])).toEqual([{ message: 'no image is for linux on ppc64el' }]);
    expect(choose([image(tagged('a'))], 'b')).toEqual([
      { message: 'no image is tagged b', hints: ['the tags are a'] },
    ]);
    expect(choose([image(tagged('a')), image(tagged('b'))])).toEqual([
      { message: 'there are several images', hints: ['name one by its tag: a, b'] },
    ]);
    expect(choose([{}])).toEqual([{ message: 'an entry of `manifests` lacks mediaType, digest or size' }]);
    const nothing = chooseFromIndex([], { tag: null, arch: 'amd64' });
    expect(nothing).toEqual({ ok: false, problems: [{ message: 'its JSON has no list `manifests`' }] });
  });
});

test.each([
  ['oci.image.index.v1+json', true],
  ['docker.distribution.manifest.list.v2+json', true],
  ['oci.image.manifest.v1+json', false],
])('%s is an index: %s', (type, is) => {
  const chosen = chooseFromIndex({ manifests: [blob(type)] }, { tag: null, arch: 'amd64' });
  expect(chosen.ok && isIndex(chosen.value)).toBe(is);
});

describe('a manifest', () => {
  const config = blob('oci.image.config.v1+json');

  test.each([
    ['oci.image.layer.v1.tar', 'none'],
    ['oci.image.layer.v1.tar+gzip', 'gzip'],
    ['oci.image.layer.v1.tar+zstd', 'zstd'],
    ['oci.image.layer.nondistributable.v1.tar+gzip', 'gzip'],
    ['docker.image.rootfs.diff.tar', 'none'],
    ['docker.image.rootfs.diff.tar.gzip', 'gzip'],
    ['docker.image.rootfs.foreign.diff.tar.gzip', 'gzip'],
  ])('with layers of %s', (type, compression) => {
    const result = readManifest({ config, layers: [blob(type)] });
    expect(result.ok && result.value.layers.map((layer) => layer.compression)).toEqual([compression]);
  });

  test('that is not to be understood', () => {
    const encrypted = 'application/vnd.oci.image.layer.v1.tar+encrypted';
    expect(readManifest({ config, layers: [blob('oci.image.layer.v1.tar+encrypted')] })).toEqual({
      ok: false,
      problems: [{ message: `layers of type ${encrypted} are not known` }],
    });
    const lacking = { ok: false, problems: [{ message: 'its manifest has no config or no layers' }] };
    for (const value of [{ layers: [] }, { config }, null]) expect(readManifest(value)).toEqual(lacking);
  });
});

test('the digests of layers before compression', () => {
  const diff_ids = ['sha256:a', 'sha256:b'];
  expect(diffIdsOf({ rootfs: { type: 'layers', diff_ids } })).toEqual(diff_ids);
  expect([diffIdsOf({}), diffIdsOf(null)]).toEqual([[], []]);
});
