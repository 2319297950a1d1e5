// SPDX-License-Identifier: Apache-2.0
import { requiresOption } from '../shell-options.ts';

export const setpipefail = requiresOption({
  letter: null,
  name: 'pipefail',
  without: 'does not notice when a command in front of a pipe fails',
});
