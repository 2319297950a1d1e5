// SPDX-License-Identifier: Apache-2.0

export const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

/**
 * What hooks do to a tree, each after the one before it: all that a layer has to tell of. What one makes is removed or
 * replaced by its neighbour as well as by one that is far from it. For hooks in the target.
 */
export const treeChanges: readonly string[] = [
  'mkdir -p /srv/a/deep/er /srv/dir/in; echo 1 >/srv/a/deep/er/one; echo 2 >/srv/a/two; echo y >/srv/dir/in/file',
  'ln -s two /srv/a/link; echo kind >/srv/kind; echo gone >/srv/gone; echo here >/srv/here; mkdir /srv/empty',
  'chmod 2750 /srv/a/deep; chown 12:34 /srv/a/two; chmod 4711 /srv/a/two',
  'rm /srv/gone; rm -r /srv/empty',
  'rm -r /srv/a/deep; mkdir /srv/a/deep; echo new >/srv/a/deep/new',
  'rm /srv/kind; mkdir /srv/kind; echo in >/srv/kind/in',
  'rm -r /srv/dir; echo file >/srv/dir',
  'mkdir /srv/twins; echo twin >/srv/twins/one; ln /srv/twins/one /srv/twins/two; ln /srv/twins/one /srv/third',
  'head -c 8M /dev/zero | cp --sparse=always /dev/stdin /srv/sparse; echo end >>/srv/sparse',
  'rm /srv/a/link; mkdir /srv/a/link; echo x >/srv/a/link/x',
  'mv /srv/a /srv/b',
  'echo "not UTF-8" >$\'/srv/caf\\xe9\'; echo lines >$\'/srv/two\\nlines\'; echo dash >/srv/-n; echo space >"/srv/ s p "',
  'chmod 0600 /srv/here; chown 3:4 /srv/kind; chmod 0711 /srv/kind',
  'rm -r /srv/b/deep',
  "mkdir -p /srv/b/deep/er; echo again >/srv/b/deep/er/one; rm $'/srv/caf\\xe9'",
  'mkdir /srv/caf; rm /srv/dir; ln -s /nowhere /srv/dir',
  'rm -r /srv/caf; echo back >/srv/gone; rm /srv/third; echo more >>/srv/b/deep/er/one',
  '(umask 077; mkdir /srv/closed; echo secret >/srv/closed/file); chmod 0751 /srv; mkdir /srv/anew; echo old >/srv/anew/old; echo t >/srv/turn',
  'echo same >/srv/same; rm /srv/same; rm -r /srv/anew; mkdir /srv/anew; echo new >/srv/anew/new; rm /srv/turn; mkdir /srv/turn; touch /srv/turn/x',
  'ln -sfn /elsewhere /srv/dir; cp -a /srv/twins /srv/copies; rm -r /srv/twins/two; rm -r /srv/b/link; touch /srv/b/link',
];

/** The same as hooks of install.d: `COUNT` in all, those that are not needed write a file each. */
export function hooksThatChange(count: number): Readonly<Record<string, string>> {
  const step = Math.floor(count / treeChanges.length);
  const doing = (position: number): string =>
    (position % step === 0 ? treeChanges[position / step] : undefined) ?? filler(position);
  return Object.fromEntries(
    Array.from({ length: count }, (_, position) => [hookNamed(position), bash(doing(position))]),
  );
}

export const hookNamed = (position: number): string => `install.d/50-${String(position).padStart(4, '0')}`;

const filler = (position: number): string => `mkdir -p /srv/many; echo ${position} >/srv/many/${position}`;

/** One script that does what those hooks do. */
export function oneHookThatChanges(count: number): string {
  const hooks = Object.entries(hooksThatChange(count)).sort(([a], [b]) => (a < b ? -1 : 1));
  return hooks.map(([, text]) => `(${text})`).join('\n');
}
