// SPDX-License-Identifier: Apache-2.0
import { qemuConverted } from './qemu-converted.ts';

export const vmdk = qemuConverted({ name: 'vmdk', driver: 'vmdk', defaults: {} });
