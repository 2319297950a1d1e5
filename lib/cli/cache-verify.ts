// SPDX-License-Identifier: Apache-2.0
import type { Removed } from '../host/collect-garbage.ts';
import { verifyStore } from '../host/collect-garbage.ts';
import { realHost } from '../host/real-host.ts';
import { countOf } from '../report/quantities.ts';
import type { Verdict } from '../store/verify-layers.ts';
import { complain, describeRemoved, ownStore } from './own-store.ts';
import type { Surroundings } from './surroundings.ts';

/** @returns 0: every layer is as it was made; 1: one is not, or they could not be looked at. */
export async function verify(surroundings: Surroundings, isToRemove: boolean): Promise<number> {
  const { write, environment } = surroundings;
  const { cacheDirectory, kind } = ownStore(environment);
  const count = { all: 0, damaged: 0, fresh: 0 };
  const follow = (line: string): void => {
    const said = parse(line);
    if (said === null) return;
    if ('removed' in said) {
      write(`removed ${describeRemoved(said.removed)}\n`);
      return;
    }
    count.all += 1;
    if (said.isNewlyRecorded) count.fresh += 1;
    if (said.damage.length > 0) count.damaged += 1;
    write(describe(said));
  };
  const outcome = await verifyStore(realHost, { task: 'verify', cacheDirectory, kind, isToRemove }, follow);
  if (!outcome.done) return complain(surroundings, `the layers cannot be verified: ${outcome.why}`, 1);
  write(`${countOf(count.all, 'layer')} and outputs, ${count.damaged} damaged${freshWords(count.fresh)}\n`);
  return count.damaged === 0 ? 0 : 1;
}

const freshWords = (fresh: number): string =>
  fresh === 0 ? '' : `; the bytes of ${fresh} were not known before and are recorded now`;

const MOST_SHOWN = 5;

function describe({ id, title, damage }: Verdict): string {
  if (damage.length === 0) return '';
  const more = damage.length - MOST_SHOWN;
  const lines = [...damage.slice(0, MOST_SHOWN), ...(more > 0 ? [`and ${more} more`] : [])];
  return [`${title} (${id}) is damaged:`, ...lines.map((line) => `  ${line}`), ''].join('\n');
}

type Said = Verdict | { readonly removed: Removed };

function parse(line: string): Said | null {
  return line.startsWith('{') ? (JSON.parse(line) as Said) : null;
}
