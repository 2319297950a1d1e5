// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { findProgram } from './gather-facts.ts';
import type { HostFacts } from './gather-facts.ts';

/** Program name → SHA-256 of its file, in the order of names; programs that are missing are left out. */
export async function stampTools(
  programs: readonly string[],
  facts: Pick<HostFacts, 'programPath'>,
): Promise<Readonly<Record<string, string>>> {
  const names = [...new Set(programs)].sort();
  const stamps = await Promise.all(names.map((name) => stampOf(name, facts)));
  return Object.fromEntries(
    names.flatMap((name, index) => {
      const stamp = stamps[index];
      return typeof stamp === 'string' ? [[name, stamp] as const] : [];
    }),
  );
}

async function stampOf(name: string, facts: Pick<HostFacts, 'programPath'>): Promise<string | null> {
  const path = await findProgram(name, facts);
  if (path === null) return null;
  const content = await readFile(path).catch(() => null);
  return content === null ? null : createHash('sha256').update(content).digest('hex');
}
