// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { readElement } from '../../../lib/elements/read-element.ts';
import type { LoadedElement } from '../../../lib/elements/read-element.ts';
import { initramfs } from '../../../lib/formats/initramfs.ts';
import { hostPath } from '../../../lib/model/brands.ts';
import type { PlannedOutput } from '../../../lib/model/plan.ts';
import type { RamdiskParts } from '../../../lib/plan/plan-ramdisk.ts';
import { planRamdisk } from '../../../lib/plan/plan-ramdisk.ts';
import { requestWith } from '../../support/make-request.ts';

function element(name: string, files: Readonly<Record<string, string>>): LoadedElement {
  const entries = Object.entries(files).map(
    ([path, text]) => ({ path, kind: 'file', mode: 0o644, link: null, content: Buffer.from(text) }) as const,
  );
  return readElement(hostPath(`/elements/${name}`), entries);
}

function output(): PlannedOutput {
  const request = requestWith({ program: 'ramdisk-image-create' });
  const recipe = initramfs.recipe(request);
  if (!recipe.ok) throw new Error(JSON.stringify(recipe.problems));
  const file = hostPath('/out/x.initramfs');
  return { format: 'initramfs', from: 'tree', file, recipe: recipe.value, checksums: [], keepOld: false };
}

const parts = (environment: RamdiskParts['environment'] = {}): RamdiskParts => ({
  outputs: [output()],
  hooks: [],
  environment,
});

test('nothing is planned where no RAM disk is made', () => {
  const elements = [element('fruit', { 'binary-deps': 'press\n' })];
  expect(planRamdisk(elements, { ...parts(), outputs: [] })).toBeNull();
});

test('files of directories come in the order of hooks, those of elements after them', () => {
  const elements = [
    element('fruit', { 'binary-deps': 'flat\n', 'binary-deps.d/20-late': 'late # not early\n' }),
    element('nut', {
      'binary-deps.d/3-early': 'early\n',
      'binary-deps.d/.hidden': 'no\n',
      'binary-deps.d/9-none': '#\n',
    }),
  ];
  expect(planRamdisk(elements, parts())?.programs).toEqual([
    { wantedBy: 'nut', words: ['early'] },
    { wantedBy: 'fruit', words: ['late'] },
    { wantedBy: 'fruit', words: ['flat'] },
  ]);
});

test('of two flavours the file of the later counts', () => {
  const elements = [
    element('fruit', { 'modules.d/own': 'virtio\n' }),
    element('fruit', { 'modules.d/own': 'nvme\n' }),
  ];
  expect(planRamdisk(elements, parts())?.modules).toEqual([{ wantedBy: 'fruit', words: ['nvme'] }]);
});

test('all modules are meant where none is added', () => {
  const elements = [element('fruit', { 'modules.d/own': '-virtio_gpu\n' })];
  expect(planRamdisk(elements, parts())?.modules).toEqual([
    { wantedBy: 'default', words: ['all'] },
    { wantedBy: 'fruit', words: ['-virtio_gpu'] },
  ]);
  expect(planRamdisk(elements, parts({ DIB_RAMDISK_MODULES: 'nvme' }))?.modules).toEqual([
    { wantedBy: 'fruit', words: ['-virtio_gpu'] },
    { wantedBy: 'DIB_RAMDISK_MODULES', words: ['nvme'] },
  ]);
});
