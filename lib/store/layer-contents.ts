// SPDX-License-Identifier: Apache-2.0
import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { digestMembers } from '../host/digest-members.ts';

/** Beside a layer's files: digests of their contents and attributes, once they have been looked at. */
const RECORDED = 'contents';

/**
 * Compares contents and attributes with what was recorded, or records them: reading all of a layer while it is being built
 * would cost seconds in a build that nobody may ever verify.
 */
export async function verifyContents(
  directory: string,
): Promise<{ readonly damage: readonly string[]; readonly isNewlyRecorded: boolean }> {
  const recorded = await readFile(join(directory, RECORDED), 'utf8').catch(() => null);
  const present = await digestMembers(join(directory, 't'));
  if (recorded !== null) return { damage: changedSince(recorded, present), isNewlyRecorded: false };
  const text = [...present].map(([path, digest]) => `${digest} ${path}\0`).join('');
  await writeFile(join(directory, `${RECORDED}.new`), text);
  await rename(join(directory, `${RECORDED}.new`), join(directory, RECORDED));
  return { damage: [], isNewlyRecorded: true };
}

function changedSince(recorded: string, present: ReadonlyMap<string, string>): readonly string[] {
  const before = new Map(
    recorded
      .split('\0')
      .filter((line) => line !== '')
      .map((line) => [line.slice(65), line.slice(0, 64)]),
  );
  const paths = [...before.keys()].filter((path) => present.get(path) !== before.get(path));
  return paths.map((path) => `${path.replace(/^\.\/?/, '/')}: content or attributes`);
}
