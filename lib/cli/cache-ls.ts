// SPDX-License-Identifier: Apache-2.0
import { countOf, formatBytes, formatSpan } from '../report/quantities.ts';
import type { BuildRecord } from '../store/build-record.ts';
import { listBuildRecords } from '../store/build-record.ts';
import type { StoredLayer } from '../store/garbage.ts';
import { listStored, totalBytes } from '../store/garbage.ts';
import { ownStore } from './own-store.ts';
import type { Surroundings } from './surroundings.ts';

/** What is shown of a layer; the names are those of `--json`. */
type Row = Pick<StoredLayer, 'kind' | 'id' | 'title' | 'bytes' | 'madeAt' | 'usedAt'> & {
  /** Of the builds that are remembered, those that went over it. */
  readonly builds: number;
};

export async function list({ environment, write }: Surroundings, asJson: boolean): Promise<number> {
  const { store } = ownStore(environment);
  const [layers, records] = await Promise.all([listStored(store), listBuildRecords(store)]);
  const rows = layers.map((layer) => rowOf(layer, records));
  if (asJson) write(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    for (const row of rows) write(`${layerLine(row)}\n`);
    write(`${totalOf(layers, 'layer')}; ${totalOf(layers, 'artifact')}\n`);
  }
  return 0;
}

const rowOf = (layer: StoredLayer, records: readonly BuildRecord[]): Row => ({
  kind: layer.kind,
  id: layer.id,
  title: layer.title,
  bytes: layer.bytes,
  madeAt: layer.madeAt,
  usedAt: layer.usedAt,
  builds: records.filter(({ steps }) => steps.some(({ key }) => key === layer.key)).length,
});

function totalOf(stored: readonly StoredLayer[], kind: StoredLayer['kind']): string {
  const those = stored.filter((each) => each.kind === kind);
  return `${countOf(those.length, nouns[kind])}, ${formatBytes(totalBytes(those))}`;
}

const nouns = { layer: 'layer', artifact: 'output' } as const;

const layerLine = ({ kind, bytes, usedAt, madeAt, builds, title }: Row): string =>
  [
    formatBytes(bytes).padStart(10),
    new Date(usedAt).toISOString().slice(0, 16).replace('T', ' '),
    ageOf(madeAt).padStart(6),
    String(builds).padStart(3),
    kind === 'layer' ? title : `output ${title}`,
  ].join('  ');

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

function ageOf(madeAt: number): string {
  const age = Math.max(0, Date.now() - madeAt);
  return age > 2 * DAY_MILLISECONDS ? `${Math.floor(age / DAY_MILLISECONDS)} d` : formatSpan(age);
}
