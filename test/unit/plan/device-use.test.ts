// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { readElement } from '../../../lib/elements/read-element.ts';
import { elementName, hostPath } from '../../../lib/model/brands.ts';
import type { Hook } from '../../../lib/model/element.ts';
import type { PhaseName } from '../../../lib/model/phases.ts';
import { deviceUse } from '../../../lib/plan/device-use.ts';

describe('a hook that needs the image as a device', () => {
  test.each([
    ['grub-install "$IMAGE_BLOCK_DEVICE"', 'IMAGE_BLOCK_DEVICE'],
    ['grub-install ${IMAGE_BLOCK_DEVICE_WITHOUT_PART}', 'IMAGE_BLOCK_DEVICE_WITHOUT_PART'],
    ['eval declare -A DEVICES=( ${IMAGE_BLOCK_DEVICES} )', 'IMAGE_BLOCK_DEVICES'],
    ['disk=${IMAGE_BLOCK_DEVICE:?}', 'IMAGE_BLOCK_DEVICE'],
    ['disk=$(dib-block-device getval image-path)', '`dib-block-device getval image-path`'],
  ])('%s', (line, name) => {
    expect(useIn('finalise.d', line)).toBe(`element \`loader\` uses ${name} in finalise.d/50-loader`);
  });

  test('prepares it before the others use it', () => {
    expect(useIn('block-device.d', 'true')).toBe(
      'element `loader` prepares the device itself in block-device.d/50-loader',
    );
  });

  test.each<PhaseName>(['pre-finalise.d', 'cleanup.d'])('of %s counts', (phase) => {
    expect(useIn(phase, 'echo $IMAGE_BLOCK_DEVICE')).toContain(phase);
  });
});

describe('a hook that does without', () => {
  test.each([
    ['# needs $IMAGE_BLOCK_DEVICE', 'comments'],
    ['if [ -n "${IMAGE_BLOCK_DEVICE:-}" ]; then :; fi', 'has a default'],
    ['echo ${IMAGE_BLOCK_DEVICES+set}', 'asks whether it is set'],
    ['echo $IMAGE_BLOCK_DEVICE_NAME', 'has another name'],
    ['dib-block-device getval root-label', 'asks for a label'],
  ])('%s (%s)', (line) => {
    expect(useIn('finalise.d', line)).toBeNull();
  });

  test('runs before the disk is there', () => {
    expect(useIn('install.d', 'echo $IMAGE_BLOCK_DEVICE')).toBeNull();
  });
});

function useIn(phase: PhaseName, line: string): string | null {
  const hook: Hook = { phase, element: elementName('loader'), script: '50-loader' };
  const content = Buffer.from(`#!/bin/bash\n${line}\n`);
  const script = { path: `${phase}/50-loader`, kind: 'file', mode: 0o755, link: null, content } as const;
  return deviceUse([hook], [readElement(hostPath('/e/loader'), [script])]);
}
