// SPDX-License-Identifier: Apache-2.0
import { qemuConverted } from './qemu-converted.ts';

/** A dynamic disk. `force_size` keeps the size exact; without it qemu-img rounds to a geometry of the nineties. */
export const vhd = qemuConverted({
  name: 'vhd',
  driver: 'vpc',
  defaults: { subformat: 'dynamic', force_size: 'on' },
});
