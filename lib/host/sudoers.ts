// SPDX-License-Identifier: Apache-2.0

/**
 * The text of a file for /etc/sudoers.d that lets a user build with `--isolation sudo`.
 * @param user A name, or `%GROUP`.
 * @param builder The absolute path of the command `diskimage-builder`.
 */
export function sudoersFile({ user, builder }: { readonly user: string; readonly builder: string }): string {
  return `# SPDX-License-Identifier: Apache-2.0
# Lets ${user} start the worker of diskimage-builder as root without a password.
# The worker runs whatever hooks it is given, so this rule is worth as much as full root rights.
# The command below, and all that it is installed with, must belong to root and be writable by root alone.
# No such rule is needed where newuidmap works and the user has ranges in /etc/subuid and /etc/subgid.
${escaped(user)} ALL=(root) NOPASSWD: ${escaped(builder)} worker
`;
}

/** Characters that mean something in sudoers(5), made to stand for themselves. */
const escaped = (word: string): string => word.replaceAll(/[\\,:=\s"!()*?[\]]/g, String.raw`\$&`);
