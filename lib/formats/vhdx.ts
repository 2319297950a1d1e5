// SPDX-License-Identifier: Apache-2.0
import { qemuConverted } from './qemu-converted.ts';

export const vhdx = qemuConverted({ name: 'vhdx', driver: 'vhdx', defaults: { subformat: 'dynamic' } });
