// SPDX-License-Identifier: Apache-2.0
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { hostPath } from '../../lib/model/brands.ts';
import { digestHooks } from '../../lib/worker/tree/hook-digests.ts';
import type { Naming } from '../../lib/worker/tree/named-in-text.ts';
import { canKnowOf } from '../../lib/worker/tree/named-in-text.ts';

const elements = join(import.meta.dirname, '../../elements');

/** What `vm debian-minimal` comes to. */
const names =
  'base block-device-mbr bootloader debian-minimal debootstrap dib-init-system dpkg install-bin install-types ' +
  'manifests modprobe package-installs pkg-map sysprep vm';

/** They differ from image to image, and a hook that so much as mentions one is run anew for each. */
const ofOneImage = ['IMAGE_NAME', 'DIB_ARGS', 'DIB_ROOT_UUID', 'DIB_BOOT_UUID', 'INSTALL_PACKAGES'];
const isOfOneImage = (text: Naming): boolean => ofOneImage.some((name) => canKnowOf(text, name));

test('images of different names share all that is installed', async () => {
  const hooks = mkdtempSync(join(tmpdir(), 'hooks-'));
  try {
    for (const name of names.split(' ')) cpSync(join(elements, name), hooks, { recursive: true });
    const { scripts, sharedTexts } = await digestHooks(hostPath(hooks));
    const early = [...scripts].filter(([path]) => /^(root|pre-install|install)\.d\//.test(path));
    expect(early.length).toBeGreaterThan(20);
    expect(early.filter(([, { texts }]) => texts.some(isOfOneImage)).map(([path]) => path)).toEqual([]);
    expect(sharedTexts.filter(isOfOneImage)).toEqual([]);
  } finally {
    rmSync(hooks, { recursive: true });
  }
});
