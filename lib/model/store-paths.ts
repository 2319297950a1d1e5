// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { hostPath } from './brands.ts';
import type { HostPath } from './brands.ts';

/**
 * Where layers live. Layers made by uid 0 and those made in a user namespace differ in owners
 * and overlay attributes, so each kind has a store of its own.
 */
export type Store = {
  readonly root: HostPath;
  /** `layers/ID/t` holds a layer's files, `layers/ID/entry.json` what is known of it. */
  readonly layers: HostPath;
  /** `keys/KEY` is a symbolic link to the layer that answers the key. */
  readonly keys: HostPath;
  /** `artifacts/KEY/file` is a finished output, kept; `artifacts/KEY/entry.json` what is known of it. */
  readonly artifacts: HostPath;
  /** A directory and a lock file for each running build. */
  readonly work: HostPath;
  /** `builds/ID.json` says of a build what its keys were made of. */
  readonly builds: HostPath;
  /** `leases/KEY` is locked by the build that is making the layer of the key. */
  readonly leases: HostPath;
  /** Held shared by every build, exclusively by whoever removes layers. */
  readonly lock: HostPath;
};

export type StoreKind = 'root' | 'user';

export function storeIn(cacheDirectory: HostPath, kind: StoreKind): Store {
  const root = join(cacheDirectory, 'store', kind);
  return {
    root: hostPath(root),
    layers: hostPath(join(root, 'layers')),
    keys: hostPath(join(root, 'keys')),
    artifacts: hostPath(join(root, 'artifacts')),
    work: hostPath(join(root, 'work')),
    builds: hostPath(join(root, 'builds')),
    leases: hostPath(join(root, 'leases')),
    lock: hostPath(join(root, 'lock')),
  };
}
