// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { hostPath } from '../model/brands.ts';

/** Where the program is installed: both `lib/host` and `dist/host` are two levels below. */
export const packageRoot = hostPath(join(import.meta.dirname, '../..'));
