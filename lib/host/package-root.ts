// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { hostPath } from '../model/brands.ts';

/** Where the program is installed: both `lib/host` and `dist/host` are two levels below. */
export const packageRoot = hostPath(join(import.meta.dirname, '../..'));

/** The program that sudo is asked for, and that hooks call for what is written in TypeScript. */
export const builderCommand = join(packageRoot, 'bin/diskimage-builder');
