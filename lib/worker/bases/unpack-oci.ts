// SPDX-License-Identifier: Apache-2.0
import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, open, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import type { OciLayer } from '../../formats/oci-layout.ts';
import type { TarMember } from '../../formats/tar-members.ts';
import { tarMembers } from '../../formats/tar-members.ts';
import type { Command, Host } from '../../host/host.ts';
import type { OciImage } from './oci-blobs.ts';
import { algorithmOf, checkedBlob, digestOf } from './oci-blobs.ts';
import { prepareLayer } from './prepare-layer.ts';
import { RefusedBase } from './refused-base.ts';

export type OciUnpacking = {
  readonly host: Host;
  readonly image: OciImage;
  /** An empty directory. */
  readonly tree: string;
  /** Where there is room for one layer, unpacked. */
  readonly scratch: string;
  readonly say: (text: string) => void;
};

/** Lays the layers of an image over each other, lowest first. @throws RefusedBase */
export async function unpackOci(unpacking: OciUnpacking): Promise<void> {
  const { image, scratch, say } = unpacking;
  const { layers } = image.manifest;
  for (const [index, layer] of layers.entries()) {
    say(`layer ${index + 1} of ${layers.length}: ${layer.digest}`);
    const room = await mkdtemp(join(scratch, 'oci-layer-'));
    try {
      const archive = await plainArchive(unpacking, layer, room);
      await checkDiffId(image, index, archive);
      await layOver(unpacking, archive, room);
    } finally {
      await rm(room, { recursive: true, force: true });
    }
  }
}

async function plainArchive({ host, image }: OciUnpacking, layer: OciLayer, room: string): Promise<string> {
  const blob = await checkedBlob(image.directory, layer);
  const archive = join(room, 'layer.tar');
  switch (layer.compression) {
    case 'none':
      return blob;
    case 'gzip':
      await pipeline(createReadStream(blob), createGunzip(), createWriteStream(archive));
      return archive;
    case 'zstd':
      await runOrRefuse(host, { argv: ['zstd', '--decompress', '--quiet', '-o', archive, blob] });
      return archive;
  }
}

async function checkDiffId({ directory, diffIds }: OciImage, index: number, archive: string): Promise<void> {
  const said = diffIds[index];
  if (said === undefined) return;
  const found = await digestOf(archive, algorithmOf(said));
  if (found !== said)
    throw new RefusedBase(`${directory}: layer ${index + 1} is not the one the image names: ${found}`);
}

async function layOver({ host, tree }: OciUnpacking, archive: string, room: string): Promise<void> {
  const skipped = await prepareLayer(tree, await membersOf(archive));
  const list = join(room, 'skipped');
  await writeFile(list, skipped.map((name) => `${name.replace(/\/$/, '')}\n`).join(''));
  await runOrRefuse(host, { argv: tarWords(tree, archive, list) });
}

async function membersOf(archive: string): Promise<readonly TarMember[]> {
  const file = await open(archive);
  try {
    const read = async (offset: number, length: number): Promise<Buffer> => {
      const { buffer, bytesRead } = await file.read(Buffer.alloc(length), 0, length, offset);
      return buffer.subarray(0, bytesRead);
    };
    const members: TarMember[] = [];
    for await (const member of tarMembers(read)) members.push(member);
    return members;
  } finally {
    await file.close();
  }
}

/** Whoever unpacks, the files belong to the numbers that the image says. */
const tarWords = (tree: string, archive: string, skipped: string): Command['argv'] => [
  'tar',
  '--extract',
  `--file=${archive}`,
  `--directory=${tree}`,
  '--numeric-owner',
  '--same-owner',
  '--same-permissions',
  '--xattrs',
  '--xattrs-include=*',
  '--delay-directory-restore',
  '--anchored',
  '--no-wildcards',
  `--exclude-from=${skipped}`,
];

async function runOrRefuse(host: Host, command: Command): Promise<void> {
  const { exitStatus, lastLines } = await host.run(command);
  if (exitStatus !== 0) throw new RefusedBase([`${command.argv[0]} failed:`, ...lastLines].join('\n'));
}
