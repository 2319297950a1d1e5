// SPDX-License-Identifier: Apache-2.0
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import { findProgram } from './gather-facts.ts';
import type { HostFacts } from './gather-facts.ts';
import type { Host } from './host.ts';
import type { Isolation } from './isolation.ts';
import { userNamespaceWords } from './isolation.ts';
import { builderCommand } from './package-root.ts';

export type ChosenIsolation = { readonly isolation: Isolation; readonly because: string };

type Probe =
  { readonly works: true; readonly because: string } | { readonly works: false; readonly why: string };

const probes: Readonly<Record<Isolation, (host: Host, facts: HostFacts) => Promise<Probe>>> = {
  root: probeRoot,
  'user-namespace': probeUserNamespace,
  sudo: probeSudo,
};

export type WantedIsolation = {
  readonly isolation: Isolation | 'auto';
  /** Why the worker must be root on this machine, as in `element x uses …`; null: it need not be. */
  readonly devicesBecause: string | null;
};

/** The first way that works here, or the wanted one; each probe really tries what the worker will do. */
export async function chooseIsolation(
  { isolation: wanted, devicesBecause }: WantedIsolation,
  host: Host,
  facts: HostFacts,
): Promise<Result<ChosenIsolation>> {
  const candidates: readonly Isolation[] = wanted === 'auto' ? ['root', 'user-namespace', 'sudo'] : [wanted];
  const reasons: string[] = [];
  for (const isolation of candidates) {
    const probe =
      devicesBecause !== null && isolation === 'user-namespace'
        ? noDevices
        : await probes[isolation](host, facts);
    if (probe.works) return success({ isolation, because: probe.because });
    reasons.push(`${isolation}: ${probe.why}`);
  }
  return failed(devicesBecause === null ? noneWorks(reasons) : noneGivesDevices(devicesBecause, reasons));
}

const noDevices: Probe = { works: false, why: 'a user namespace may not attach loop devices' };

function noneGivesDevices(because: string, reasons: readonly string[]): Problem {
  return {
    message: `this build needs loop devices, which only root may attach: ${because}`,
    hints: [
      'run it as root, as in `sudo disk-image-create …`, or let sudo start the worker: see `diskimage-builder sudoers`',
      'or leave the element out: the elements that come with this program need no devices',
      ...reasons,
    ],
  };
}

function noneWorks(reasons: readonly string[]): Problem {
  return {
    message: 'this machine gives the build no way to mount file systems',
    hints: [
      ...reasons,
      'for an ordinary user, install newuidmap (package uidmap or shadow-utils) and give the user ranges in /etc/subuid and /etc/subgid',
    ],
  };
}

async function probeRoot(host: Host, facts: HostFacts): Promise<Probe> {
  if (facts.user.uid !== 0) return { works: false, why: 'the command does not run as root' };
  const tried = await host.run({ argv: ['unshare', '--mount', '--pid', '--ipc', '--uts', '--fork', 'true'] });
  if (tried.exitStatus === 0) return { works: true, because: 'the command runs as root' };
  return { works: false, why: `no new mount namespace may be made: ${tried.lastLines.join(' ')}` };
}

async function probeUserNamespace(host: Host, facts: HostFacts): Promise<Probe> {
  const why = await missingForUserNamespace(facts);
  if (why !== null) return { works: false, why };
  const argv = ['unshare', ...userNamespaceWords, '--mount', '--pid', '--fork', 'true'] as const;
  const tried = await host.run({ argv });
  if (tried.exitStatus === 0) return { works: true, because: 'the user has a range of subordinate ids' };
  return { works: false, why: `no user namespace may be made: ${tried.lastLines.join(' ')}` };
}

async function missingForUserNamespace(facts: HostFacts): Promise<string | null> {
  if ((await findProgram('newuidmap', facts)) === null) return 'the program newuidmap is missing';
  if (!facts.hasSubordinateIds) {
    return `user ${facts.user.name} has no range of 65536 ids in /etc/subuid and /etc/subgid`;
  }
  return null;
}

async function probeSudo(host: Host, facts: HostFacts): Promise<Probe> {
  if ((await findProgram('sudo', facts)) === null)
    return { works: false, why: 'the program sudo is missing' };
  const argv = ['sudo', '-n', '-l', '--', builderCommand, 'worker'] as const;
  const tried = await host.run({ argv });
  if (tried.exitStatus === 0) return { works: true, because: 'sudo allows the worker without a password' };
  return { works: false, why: `sudo does not allow \`${builderCommand} worker\` without a password` };
}
