// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import type { HostPath } from '../../../model/brands.ts';
import type { WorkerContext } from '../../context.ts';
import { refuseWhenStopped } from '../../context.ts';
import type { Attribute } from './attributes.ts';

/** Extended attributes by the path from the directory on, a character for each byte. */
export type AttributesByPath = ReadonlyMap<string, readonly Attribute[]>;

/** Node cannot read them: a script in Perl does. Null where it does not work, as without Perl. */
export async function readAttributes(
  context: WorkerContext,
  directory: HostPath,
): Promise<AttributesByPath | null> {
  refuseWhenStopped(context);
  const script = join(context.plan.execution.shellLibrary, 'list-attributes');
  const { exitStatus, stdout } = await context.host.run({ argv: ['perl', script, directory] });
  return exitStatus === 0 ? parseAttributes(stdout) : null;
}

/** @param listing Lines of path, name and value, each in hexadecimal digits. */
export function parseAttributes(listing: string): AttributesByPath {
  const found = new Map<string, Attribute[]>();
  for (const line of listing.split('\n')) {
    const [path, name, value] = line.split(' ').map((digits) => Buffer.from(digits, 'hex'));
    if (path === undefined || name === undefined || value === undefined) continue;
    const key = path.toString('latin1');
    const attributes = found.get(key) ?? [];
    attributes.push({ name: name.toString('latin1'), value });
    found.set(key, attributes);
  }
  return found;
}
