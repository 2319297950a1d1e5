// SPDX-License-Identifier: Apache-2.0
import { bootTest, defaultBootOptions } from '../../lib/boot/boot-test.ts';
import type { BootOptions, BootResult } from '../../lib/boot/boot-test.ts';
import { realHost } from '../../lib/host/real-host.ts';

/** Boots one thing by emulation, which every machine can. */
export async function bootOnce(options: Partial<BootOptions>): Promise<BootResult> {
  const all = {
    ...defaultBootOptions,
    images: [],
    arch: 'x86_64',
    accelerator: 'tcg',
    timeoutSeconds: 60,
  } as const;
  const { boots } = await bootTest(realHost, { ...all, ...options });
  const [boot, ...others] = boots;
  if (boot === undefined || others.length > 0) throw new Error(`${boots.length} boots, not one`);
  return boot;
}
