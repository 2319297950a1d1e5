// SPDX-License-Identifier: Apache-2.0
import type { ConfigEntry } from '../config-entry.ts';
import { entryProblem, requiredText } from '../config-entry.ts';
import type { LayoutNode, NodeKind, ReadContext } from '../layout-node.ts';
import { parseSize } from '../parse-size.ts';

/** A disk: one raw file. */
export const localLoop: NodeKind = {
  keys: ['name', 'size', 'directory', 'block_size'],
  read(entry, context) {
    const name = requiredText(entry, 'name', context.problems);
    const sectorSize = readSectorSize(entry, context);
    const body = { kind: 'disk', sectorSize, size: readSize(entry, context) } as const;
    return name === '' ? [] : [{ name, comesAfter: [], entry, body } satisfies LayoutNode];
  },
};

function readSize(entry: ConfigEntry, { problems }: ReadContext): ReturnType<typeof parseSize> {
  if (entry.values['size'] == null) return null;
  const size = parseSize(entry.values['size']);
  if (size === null || size === 0) {
    const message = `${JSON.stringify(entry.values['size'])} is not the size of a disk`;
    problems.push(entryProblem(entry, ['size'], message, 'write it as in `8GiB`'));
  }
  return size;
}

function readSectorSize(entry: ConfigEntry, { request, problems }: ReadContext): 512 | 4096 {
  const asked = request.sectorSize ?? Number(entry.values['block_size'] ?? 512);
  if (asked === 512 || asked === 4096) return asked;
  problems.push(
    entryProblem(entry, ['block_size'], `the sector size ${asked} is not known`, 'it must be 512 or 4096'),
  );
  return 512;
}
