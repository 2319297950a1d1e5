// SPDX-License-Identifier: Apache-2.0
import { success } from '../model/problem.ts';
import type { OutputFormat } from './output-format.ts';
import { tarNeed } from './tar-command.ts';

/** A directory in the OCI image layout, which skopeo, podman and buildah read as `oci:DIRECTORY`. */
export const oci: OutputFormat = {
  name: 'oci',
  extension: 'oci',
  from: 'tree',
  needs: () => [tarNeed, { program: 'gzip', reason: 'compresses the layer of the OCI image' }],
  recipe: ({ arch, imageName }) => success({ kind: 'oci', arch, tag: tagFrom(imageName) }),
};

/** The image's name as a tag: at most 128 of the characters that tags may have. */
function tagFrom(imageName: string): string {
  const last = imageName.split('/').at(-1) ?? '';
  const tag = last
    .replace(/[^A-Za-z0-9_.-]/g, '-')
    .replace(/^[.-]+/, '')
    .slice(0, 128);
  return tag === '' ? 'latest' : tag;
}
