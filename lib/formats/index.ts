// SPDX-License-Identifier: Apache-2.0
import { initramfs } from './initramfs.ts';
import { kernel } from './kernel.ts';
import { oci } from './oci.ts';
import type { OutputFormat } from './output-format.ts';
import { qcow2 } from './qcow2.ts';
import { raw } from './raw.ts';
import { squashfs } from './squashfs.ts';
import { tar } from './tar.ts';
import { tarZst } from './tar-zst.ts';
import { tgz } from './tgz.ts';
import { vdi } from './vdi.ts';
import { vhd } from './vhd.ts';
import { vhdx } from './vhdx.ts';
import { vmdk } from './vmdk.ts';

/** The output formats by the word after `-t`. */
export const outputFormats = {
  qcow2,
  raw,
  tar,
  tgz,
  'tar.zst': tarZst,
  squashfs,
  vhd,
  vhdx,
  vmdk,
  vdi,
  oci,
  initramfs,
  kernel,
} as const satisfies Record<string, OutputFormat>;

export type OutputFormatName = keyof typeof outputFormats;

export const isOutputFormat = (name: string): name is OutputFormatName => Object.hasOwn(outputFormats, name);
