// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { LayerEntry } from '../../lib/store/layers.ts';
import type { BuildPlace } from './build-place.ts';

/** The store of the person who builds in a place. */
export const storeOf = ({ cache, person }: Pick<BuildPlace, 'cache' | 'person'>): string =>
  join(cache, 'store', person.uid === 0 ? 'root' : 'user');

/** The directory of the only layer that a step has made. */
export function layerOf(place: BuildPlace, title: string): string {
  const layers = join(storeOf(place), 'layers');
  const found = readdirSync(layers).filter((id) => {
    const file = join(layers, id, 'entry.json');
    return existsSync(file) && entryIn(file).title === title;
  });
  const [id] = found;
  if (id === undefined || found.length > 1) throw new Error(`${found.length} layers are of ${title}`);
  return join(layers, id);
}

export function editEntry(layer: string, change: Partial<LayerEntry>): void {
  const file = join(layer, 'entry.json');
  writeFileSync(file, JSON.stringify({ ...entryIn(file), ...change }));
}

export const entryIn = (file: string): LayerEntry => JSON.parse(readFileSync(file, 'utf8')) as LayerEntry;
