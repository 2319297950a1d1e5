// SPDX-License-Identifier: Apache-2.0
import type { StoreKind } from '../model/store-paths.ts';

/** How the worker gets the rights to mount: see `lib/README.md`. */
export type Isolation = 'root' | 'user-namespace' | 'sudo';

/** Words for unshare(1): uid 0 inside is the user, the rest comes from /etc/subuid through newuidmap. */
export const userNamespaceWords: readonly string[] = ['--user', '--map-root-user', '--map-auto'];

/** Which store a build uses: through sudo it is root's. */
export const storeKind = (isolation: Isolation): StoreKind =>
  isolation === 'user-namespace' ? 'user' : 'root';

/** Mount, PID, IPC and UTS namespaces of its own: what is made in them cannot outlive the process that asks. */
export function inNamespaces(isolation: Isolation): readonly [string, ...string[]] {
  const mapping = isolation === 'user-namespace' ? userNamespaceWords : [];
  const namespaces = ['--mount', '--pid', '--ipc', '--uts', '--fork', '--kill-child', '--mount-proc'];
  return ['setpriv', '--pdeathsig', 'KILL', '--', 'unshare', ...mapping, ...namespaces, '--'];
}
