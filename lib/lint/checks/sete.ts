// SPDX-License-Identifier: Apache-2.0
import { requiresOption } from '../shell-options.ts';

export const sete = requiresOption({
  letter: 'e',
  name: 'errexit',
  without: 'goes on when a command fails',
});
