// SPDX-License-Identifier: Apache-2.0
import { homedir } from 'node:os';
import { join } from 'node:path';
import type { Removed } from '../host/collect-garbage.ts';
import type { HostPath } from '../model/brands.ts';
import { hostPath } from '../model/brands.ts';
import type { Store, StoreKind } from '../model/store-paths.ts';
import { storeIn } from '../model/store-paths.ts';
import { countOf, formatBytes } from '../report/quantities.ts';
import type { Variables } from './read-settings.ts';
import type { Surroundings } from './surroundings.ts';

/** Where the layers of the user who calls are. */
export type OwnStore = {
  readonly cacheDirectory: HostPath;
  readonly kind: StoreKind;
  readonly store: Store;
};

export function ownStore(environment: Variables): OwnStore {
  const cacheDirectory = hostPath(environment['DIB_IMAGE_CACHE'] ?? join(homedir(), '.cache/image-create'));
  const kind = process.getuid?.() === 0 ? 'root' : 'user';
  return { cacheDirectory, kind, store: storeIn(cacheDirectory, kind) };
}

/** Says why not. @returns the exit status. */
export function complain({ writeError }: Surroundings, text: string, exitStatus: number): number {
  writeError(`${text}\n`);
  return exitStatus;
}

/** As in `3 layers, 1 output, 120.5 MiB`. */
export const describeRemoved = ({ layers, artifacts, bytes }: Removed): string =>
  [
    countOf(layers, 'layer'),
    ...(artifacts === 0 ? [] : [countOf(artifacts, 'output')]),
    formatBytes(bytes),
  ].join(', ');
