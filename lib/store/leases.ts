// SPDX-License-Identifier: Apache-2.0
import type { FileHandle } from 'node:fs/promises';
import { open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { startProcess } from '../host/start-process.ts';
import type { Store } from '../model/store-paths.ts';

/** The sole right to make the layer of a key. It ends with the process that took it, `kill -9` included. */
export type Lease = { readonly release: () => Promise<void> };

/** How a lease is waited for. */
export type LeaseTerms = {
  /** Called once when another build holds it. */
  readonly onWait: () => void;
  /** Ends the waiting. */
  readonly stop: AbortSignal;
};

/** Waits until no other build makes the layer of the key. @returns null when it was told to stop. */
export async function takeLease(
  { leases }: Pick<Store, 'leases'>,
  key: string,
  terms: LeaseTerms,
): Promise<Lease | null> {
  const path = join(leases, key);
  let hasWaited = false;
  while (!terms.stop.aborted) {
    const file = await open(path, 'a');
    const isFree = await lock(file, ['--nonblock'], terms.stop);
    if (!isFree && !hasWaited) terms.onWait();
    hasWaited ||= !isFree;
    if ((isFree || (await lock(file, [], terms.stop))) && (await isStillAt(path, file)))
      return { release: () => release(path, file) };
    await giveUp(path, file);
  }
  return null;
}

/** Removes what killed builds left. The caller holds the store's lock exclusively: no build is running. */
export async function removeLeases({ leases }: Pick<Store, 'leases'>): Promise<void> {
  for (const name of await readdir(leases).catch(() => [])) await rm(join(leases, name), { force: true });
}

/** A lock belongs to the open file: flock(1) takes it through its copy of the descriptor, and we keep it through ours. */
async function lock(file: FileHandle, words: readonly string[], stop: AbortSignal): Promise<boolean> {
  if (hasStopped(stop)) return false;
  const said: string[] = [];
  const locking = startProcess(['flock', '--exclusive', ...words, '3'], {
    onData: () => undefined,
    onError: (text) => said.push(text),
    files: [file.fd],
    endsAtOnce: words.includes('--nonblock'),
  });
  stop.addEventListener('abort', locking.kill);
  const { exitStatus, signal, startError } = await locking.exited;
  stop.removeEventListener('abort', locking.kill);
  if (exitStatus === 0 || exitStatus === HELD_BY_ANOTHER || hasStopped(stop)) return exitStatus === 0;
  const ending = [startError ?? signal ?? `status ${exitStatus ?? ''}`, ...said].join(': ');
  throw new Error(`flock, which keeps builds at once apart, failed: ${ending.trim()}`);
}

/** Asked anew each time: it changes meanwhile. */
const hasStopped = (stop: AbortSignal): boolean => stop.aborted;

/** What flock(1) ends with when it is not to wait. */
const HELD_BY_ANOTHER = 1;

/** Whoever had it before has removed the file: a newcomer then locks another one. */
async function isStillAt(path: string, file: FileHandle): Promise<boolean> {
  const [there, ours] = await Promise.all([stat(path).catch(() => null), file.stat()]);
  return there?.ino === ours.ino && there.dev === ours.dev;
}

/** The file may have been made for nothing: it goes when nobody has it. */
async function giveUp(path: string, file: FileHandle): Promise<void> {
  const isFree = await lock(file, ['--nonblock'], new AbortController().signal);
  if (isFree && (await isStillAt(path, file))) await rm(path, { force: true });
  await file.close();
}

/** Removed while it is locked, so that nobody's file but our own is removed. */
async function release(path: string, file: FileHandle): Promise<void> {
  await rm(path, { force: true });
  await file.close();
}
