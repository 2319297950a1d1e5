// SPDX-License-Identifier: Apache-2.0
import { realHost } from '../host/real-host.ts';
import { RefusedBase } from './bases/refused-base.ts';
import { openOciImage } from './bases/oci-blobs.ts';
import type { OciImage } from './bases/oci-blobs.ts';
import { splitTag } from './bases/split-tag.ts';
import { unpackDisk } from './bases/unpack-disk.ts';
import { unpackOci } from './bases/unpack-oci.ts';

/**
 * A worker for hooks of root.d, which start it as `dib-unpack`, inside the namespaces of the build:
 * `oci DIRECTORY[:TAG] TREE`, `oci-digest DIRECTORY[:TAG]`, `disk IMAGE TREE`.
 */
async function main([kind = '', source = '', tree = '']: readonly string[]): Promise<void> {
  const scratch = process.env['TMP_BUILD_DIR'] ?? '/tmp';
  switch (kind) {
    case 'oci':
      await unpackOci({ host: realHost, image: await openNamed(source), tree, scratch, say });
      return;
    case 'oci-digest':
      say((await openNamed(source)).digest);
      return;
    case 'disk': {
      const { DIB_SOURCE_BLOCK_SIZE: size = '', DIB_IMAGE_EXTRACT_GUESTFISH: guestfish = '' } = process.env;
      const sectorBytes = size === '' ? null : Number(size);
      const byGuestfish = !['', '0'].includes(guestfish);
      await unpackDisk({ host: realHost, image: source, tree, scratch, sectorBytes, byGuestfish, say });
      return;
    }
    default:
      throw new RefusedBase(
        'usage: dib-unpack oci DIRECTORY[:TAG] TREE | oci-digest DIRECTORY[:TAG] | disk IMAGE TREE',
      );
  }
}

const say = (text: string): void => void process.stdout.write(`${text}\n`);

async function openNamed(source: string): Promise<OciImage> {
  const { directory, tag } = splitTag(source);
  return openOciImage(directory, { tag, arch: process.env['ARCH'] ?? 'amd64' });
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  if (!(error instanceof RefusedBase)) throw error;
  process.stderr.write(`${error.message}\n`);
  process.exitCode = 1;
}
