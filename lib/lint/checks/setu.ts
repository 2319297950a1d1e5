// SPDX-License-Identifier: Apache-2.0
import { requiresOption } from '../shell-options.ts';

export const setu = requiresOption({
  letter: 'u',
  name: 'nounset',
  without: 'takes variables that are not set for empty',
});
