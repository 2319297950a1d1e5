// SPDX-License-Identifier: Apache-2.0
import { join } from 'node:path';
import { hostPath } from '../model/brands.ts';

/** Where the program is installed: `lib/host` is two levels below, and so are `dist/cli`, `dist/worker` and `dist/chunks`. */
export const packageRoot = hostPath(join(import.meta.dirname, '../..'));

/** The program that sudo is asked for, and that hooks call for what is written in TypeScript. */
export const builderCommand = join(packageRoot, 'bin/diskimage-builder');
