// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { beforeEach } from 'vitest';

/** What tests need of the machine they run on. */
export type MachineNeeds = {
  readonly root?: true;
  /** Mount and process namespaces: as root, or in a user namespace with a range of ids. */
  readonly namespaces?: true;
  readonly network?: true;
  readonly programs?: readonly string[];
  /** qemu-img reads and writes by this protocol; its driver may be a package of its own. */
  readonly qemuProtocols?: readonly string[];
};

/**
 * Skips the tests of the file or `describe` it is called in, naming what is missing. They fail instead when
 * DIB_TEST_REQUIRE, words as the keys of MachineNeeds, promises it.
 * @returns whether everything is there, for a `beforeAll` that must not start otherwise.
 */
export function requires(needs: MachineNeeds): boolean {
  const missing = missingOf(needs);
  const promised = (process.env['DIB_TEST_REQUIRE'] ?? '').split(/\s+/);
  const broken = missing.filter(({ promise }) => promised.includes(promise));
  beforeEach(({ skip }) => {
    if (broken.length > 0) throw new Error(`DIB_TEST_REQUIRE promises what is missing: ${namesOf(broken)}`);
    if (missing.length > 0) skip(`needs ${namesOf(missing)}`);
  });
  return missing.length === 0;
}

type Missing = { readonly promise: keyof MachineNeeds; readonly name: string };

const namesOf = (missing: readonly Missing[]): string => missing.map(({ name }) => name).join(', ');

function missingOf(needs: MachineNeeds): readonly Missing[] {
  const { root, namespaces, network, programs = [], qemuProtocols = [] } = needs;
  return [
    ...(root === undefined || isRoot() ? [] : [{ promise: 'root', name: 'root' } as const]),
    ...(namespaces === undefined || canUnshare()
      ? []
      : [{ promise: 'namespaces', name: 'namespaces' } as const]),
    ...(network === undefined || isOnline() ? [] : [{ promise: 'network', name: 'the network' } as const]),
    ...programs
      .filter((program) => !isInstalled(program))
      .map((program) => ({ promise: 'programs', name: program }) as const),
    ...qemuProtocols
      .filter((protocol) => !hasQemuDriver(protocol))
      .map((protocol) => ({ promise: 'programs', name: `qemu-img's driver for ${protocol}` }) as const),
  ];
}

const isRoot = (): boolean => process.getuid?.() === 0;

const isOnline = (): boolean => ['', '0'].includes(process.env['DIB_OFFLINE'] ?? '');

function canUnshare(): boolean {
  const mapped = isRoot() ? [] : ['--user', '--map-root-user', '--map-auto'];
  return spawnSync('unshare', [...mapped, '--mount', '--pid', '--fork', 'true']).status === 0;
}

/** Asked for a place where nothing is, qemu-img names the protocol only when it does not know it. */
function hasQemuDriver(protocol: string): boolean {
  const { stderr, error } = spawnSync('qemu-img', ['info', `${protocol}://127.0.0.1:1/none/1`], {
    encoding: 'utf8',
    env: { ...process.env, LC_ALL: 'C' },
  });
  return error === undefined && !stderr.includes(`Unknown protocol '${protocol}'`);
}

function isInstalled(program: string): boolean {
  const directories = [...(process.env['PATH'] ?? '').split(':'), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  return directories.some((directory) => {
    try {
      accessSync(join(directory, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}
