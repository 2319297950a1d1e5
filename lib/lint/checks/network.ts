// SPDX-License-Identifier: Apache-2.0
import type { LintCheck } from '../lint-check.ts';
import type { PhaseName } from '../../model/phases.ts';
import { commandsIn } from '../shell-commands.ts';
import { logicalLines } from '../shell-lines.ts';

/** In these phases an image is finished; what it needs from elsewhere has come in install.d or before. */
const latePhases: readonly (PhaseName | null)[] = [
  'post-install.d',
  'post-root.d',
  'pre-finalise.d',
  'finalise.d',
  'cleanup.d',
];

const gets = ['install', 'update', 'upgrade', 'dist-upgrade', 'full-upgrade', 'download', 'source'];
const packageManagers = ['dnf', 'yum', 'microdnf', 'zypper', 'aptitude', 'apt', 'apt-get'];

/** Words behind a program that make it ask the network; null: it always does. */
const askers: Readonly<Record<string, readonly string[] | null>> = {
  ...Object.fromEntries(packageManagers.map((name) => [name, [...gets, 'makecache', 'refresh', 'in', 'up']])),
  curl: null,
  wget: null,
  'cache-url': null,
  'add-apt-repository': null,
  git: ['clone', 'fetch', 'pull', 'ls-remote', 'submodule'],
  pip: ['install', 'download'],
  pip3: ['install', 'download'],
  npm: ['install', 'ci'],
  gem: ['install'],
};

/** Late phases do without the network: it may be gone, and a cached tree must not hide that it was asked. */
export const network: LintCheck = ({ files }) =>
  files
    .filter(({ phase }) => latePhases.includes(phase))
    .flatMap(({ path, phase, shell }) =>
      logicalLines(shell).flatMap(({ number, code }) => {
        const asker = commandsIn(code)
          .map(askingCommand)
          .find((found) => found !== null);
        if (asker === undefined || code.includes('file://')) return [];
        const message = `${asker} needs the network in ${phase ?? ''}: do it in install.d or before`;
        return [{ path, line: number, message }];
      }),
    );

/** The command as one would say it; null when it needs no network. */
function askingCommand([first = '', ...words]: readonly string[]): string | null {
  const program = first.replace(/.*\//, '');
  if (/^python[\d.]*$/.test(program)) {
    const [option, module, ...rest] = words;
    return option === '-m' && module !== undefined ? askingCommand([module, ...rest]) : null;
  }
  if (program === 'install-packages') return words.includes('-e') ? null : program;
  const asking = Object.hasOwn(askers, program) ? askers[program] : undefined;
  if (asking === undefined) return null;
  if (asking === null) return program;
  const word = words.find((each) => asking.includes(each));
  return word === undefined ? null : `${program} ${word}`;
}
