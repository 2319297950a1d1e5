// SPDX-License-Identifier: Apache-2.0
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { planLayout } from '../../../lib/disk/plan-layout.ts';
import { sizeLayout } from '../../../lib/disk/size-layout.ts';
import { bytes, KiB } from '../../../lib/model/brands.ts';
import { requestWith } from '../../support/make-request.ts';

/** What the reference implementation answered on a configuration. */
type Answer = {
  readonly config: string;
  readonly expect: {
    readonly error?: { readonly message: string };
    readonly call_order?: readonly string[];
    readonly fstab?: string;
    readonly getval?: Readonly<Record<string, string>>;
    readonly raw?: Readonly<Record<string, { readonly size: number; readonly sfdisk: Table | null }>>;
  };
};
type Table = {
  readonly partitiontable: {
    readonly partitions: readonly { readonly start: number; readonly size: number; readonly type: string }[];
  };
};

const corpus = join(process.env['DIB_TEST_CORPUS'] ?? '', 'block-device');
const isThere = (process.env['DIB_TEST_CORPUS'] ?? '') !== '' && existsSync(corpus);
const names = isThere ? readdirSync(corpus).filter((name) => name.endsWith('.json')) : ['no DIB_TEST_CORPUS'];

describe.skipIf(!isThere)('the reference’s answer is ours', () => {
  test.each(names)('%s', (name) => {
    const { config, expect: wanted } = JSON.parse(readFileSync(join(corpus, name), 'utf8')) as Answer;
    const request = requestWith({ disk: { size: bytes(8_388_608 * KiB) } }).disk;
    const layout = planLayout({ config, origin: name, request, seed: 'seed' });
    if (wanted.error !== undefined) {
      expect(layout.ok).toBe(false);
      const said = layout.ok ? '' : layout.problems.map(({ message }) => message).join('\n');
      for (const thing of thingsNamedBy(wanted.error.message)) expect(said).toContain(thing);
      return;
    }
    if (!layout.ok) throw new Error(layout.problems.map(({ message }) => message).join('\n'));
    expect(layout.value.callOrder).toEqual(wanted.call_order);
    expect(layout.value.fstab).toBe(wanted.fstab);
    expect(layout.value.mountPoints.join('|')).toBe(wanted.getval?.['mount-points']);
    expect(layout.value.bootLabel).toBe(wanted.getval?.['boot-label']);
    const label = wanted.getval?.['root-label'] ?? '';
    if (!label.startsWith('!')) expect(layout.value.rootLabel).toBe(label);
    const table = wanted.raw?.['image0.raw']?.sfdisk ?? null;
    if (table === null) return;
    const sized = sizeLayout(layout.value, request, []);
    const rows = sized.ok ? (sized.value.disks[0]?.table?.partitions ?? []) : [];
    expect(rows.map(({ start, size, type }) => [start / 512, size / 512, type.replace(/^0/, '')])).toEqual(
      table.partitiontable.partitions.map(({ start, size, type }) => [start, size, type]),
    );
  });
});

/** `a->b`, `[a]` and `: a` of its messages. */
function thingsNamedBy(message: string): readonly string[] {
  const edge = /: (\S+)->(\S+)$/.exec(message);
  if (edge !== null) return edge.slice(1);
  const bracketed = /\[([^\]]+)\]/.exec(message);
  if (bracketed !== null) return bracketed.slice(1);
  const name = /: \{?'?(\w+)/.exec(message);
  return name?.slice(1) ?? [];
}
