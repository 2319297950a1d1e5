// SPDX-License-Identifier: Apache-2.0
import type { Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';

/** Who is let do what. */
export type SudoersRule = {
  /** A name, or `%GROUP`. */
  readonly user: string;
  /** The absolute path of the command `diskimage-builder`. */
  readonly builder: string;
};

/** The text of a file for /etc/sudoers.d that lets a user build with `--isolation sudo`. */
export function sudoersFile({ user, builder }: SudoersRule): Result<string> {
  if (!/^%?[\w.@$\\ -]+$/.test(user)) {
    return failed({ message: `"${user}" is no name of a user`, hints: ['give a name, or %GROUP'] });
  }
  if (!/^\/[^*?[\]\\"\p{Cc}]+$/u.test(builder)) {
    const hints = ['install the program where the path has none of * ? [ ] \\ " in it'];
    return failed({ message: `a rule of sudo cannot name ${JSON.stringify(builder)}`, hints });
  }
  return success(fileFor(user, builder));
}

const fileFor = (user: string, builder: string): string => `# SPDX-License-Identifier: Apache-2.0
# Lets ${user} start the worker of diskimage-builder as root without a password.
# The worker runs whatever hooks it is given, so this rule is worth as much as full root rights.
# The command below, and all that it is installed with, must belong to root and be writable by root alone.
# No such rule is needed where newuidmap works and the user has ranges in /etc/subuid and /etc/subgid.
${escapedName(user)} ALL=(root) NOPASSWD: ${escapedPath(builder)} worker
`;

/** Characters that mean something in sudoers(5), made to stand for themselves: others in a name than in a path. */
const escapedName = (word: string): string => word.replaceAll(/[\\@ ]/g, String.raw`\$&`);
const escapedPath = (word: string): string => word.replaceAll(/[,:=# ]/g, String.raw`\$&`);
