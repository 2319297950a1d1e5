// SPDX-License-Identifier: Apache-2.0
import { formatBytes, formatSpan } from '../report/quantities.ts';
import type { BuildRecord } from '../store/build-record.ts';
import { listBuildRecords } from '../store/build-record.ts';
import type { StoredLayer } from '../store/garbage.ts';
import { listLayers, totalBytes } from '../store/garbage.ts';
import { ownStore } from './own-store.ts';
import type { Surroundings } from './surroundings.ts';

/** What is shown of a layer; the names are those of `--json`. */
type Row = Pick<StoredLayer, 'id' | 'title' | 'bytes' | 'madeAt' | 'usedAt'> & {
  /** Of the builds that are remembered, those that went over it. */
  readonly builds: number;
};

export async function list({ environment, write }: Surroundings, asJson: boolean): Promise<number> {
  const { store } = ownStore(environment);
  const [layers, records] = await Promise.all([listLayers(store), listBuildRecords(store)]);
  const rows = layers.map((layer) => rowOf(layer, records));
  if (asJson) write(`${JSON.stringify(rows, null, 2)}\n`);
  else {
    for (const row of rows) write(`${layerLine(row)}\n`);
    write(`${layers.length} layers, ${formatBytes(totalBytes(layers))}\n`);
  }
  return 0;
}

const rowOf = (layer: StoredLayer, records: readonly BuildRecord[]): Row => ({
  id: layer.id,
  title: layer.title,
  bytes: layer.bytes,
  madeAt: layer.madeAt,
  usedAt: layer.usedAt,
  builds: records.filter(({ steps }) => steps.some(({ key }) => key === layer.key)).length,
});

const layerLine = ({ bytes, usedAt, madeAt, builds, title }: Row): string =>
  [
    formatBytes(bytes).padStart(10),
    new Date(usedAt).toISOString().slice(0, 16).replace('T', ' '),
    ageOf(madeAt).padStart(6),
    String(builds).padStart(3),
    title,
  ].join('  ');

const DAY_MILLISECONDS = 24 * 60 * 60 * 1000;

function ageOf(madeAt: number): string {
  const age = Math.max(0, Date.now() - madeAt);
  return age > 2 * DAY_MILLISECONDS ? `${Math.floor(age / DAY_MILLISECONDS)} d` : formatSpan(age);
}
