// SPDX-License-Identifier: Apache-2.0
import type { Host } from '../../host/host.ts';
import type { HostPath } from '../../model/brands.ts';

/**
 * Attributes that overlayfs keeps for itself and that say nothing of the content: file handles of lower files.
 * Whiteouts (devices 0/0) and opaque directories do count.
 */
const leftOut = ['*.overlay.origin', '*.overlay.impure', '*.overlay.nlink', '*.overlay.uuid'];

/** SHA-256, hex, of every path, owner, mode, link, attribute and byte of a layer; times do not count. */
export function layerDigest(host: Host, tree: HostPath): Promise<string> {
  const attributes = [
    '--xattrs',
    '--xattrs-include=*',
    ...leftOut.map((pattern) => `--xattrs-exclude=${pattern}`),
  ];
  const stable = [
    '--format=posix',
    '--sort=name',
    '--numeric-owner',
    '--mtime=@0',
    '--pax-option=exthdr.name=%d/PaxHeaders/%f,delete=atime,delete=ctime',
  ];
  return host.hash({ argv: ['tar', '--create', ...stable, ...attributes, '--directory', tree, '.'] });
}
