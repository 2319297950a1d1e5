// SPDX-License-Identifier: Apache-2.0

/** How the worker gets the rights to mount: see `lib/README.md`. */
export type Isolation = 'root' | 'user-namespace' | 'sudo';

/** Words for unshare(1): uid 0 inside is the user, the rest comes from /etc/subuid through newuidmap. */
export const userNamespaceWords: readonly string[] = ['--user', '--map-root-user', '--map-auto'];
