// SPDX-License-Identifier: Apache-2.0
import { refusal } from './ramdisk-tree.ts';

/** Says which file of this machine an ordinary user may not read, as kernels are on some. */
export async function namingUnreadable<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const isRefused = error instanceof Error && 'code' in error && error.code === 'EACCES';
    if (!isRefused || !('path' in error)) throw error;
    const hints = ['build as root (or with --isolation sudo), or let everybody read it: chmod a+r'];
    throw refusal([{ message: `only root may read ${String(error.path)}`, hints }]);
  }
}
