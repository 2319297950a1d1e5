// SPDX-License-Identifier: Apache-2.0
import { qemuConverted } from './qemu-converted.ts';

export const vdi = qemuConverted({ name: 'vdi', driver: 'vdi', defaults: {} });
