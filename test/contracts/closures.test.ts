// SPDX-License-Identifier: Apache-2.0
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { phaseNames } from '../../lib/model/phases.ts';
import type { ElementsExplained } from '../../lib/plan/explain-elements.ts';
import { packageRoot, runCommand } from '../support/run-command.ts';

/** element-deps and element-provides of OpenStack's elements, as facts to compare with. */
type Dependencies = { readonly deps: readonly string[]; readonly provides: readonly string[] };
type Facts = Readonly<Record<string, Dependencies>>;
const facts = JSON.parse(
  readFileSync(join(packageRoot, 'test/fixtures/upstream-dependencies.json'), 'utf8'),
) as Facts;

const elements = join(packageRoot, 'elements');

/** Words of disk-image-create as they are known from its users, or that bring elements together. */
const combinations = [
  'vm debian-minimal',
  '-n debian-minimal',
  'debian',
  'vm debian block-device-efi',
  'vm debian-minimal block-device-gpt cloud-init-growpart growroot',
  'base vm ubuntu-minimal cloud-init-datasources dynamic-login',
  'ubuntu-minimal block-device-mbr vm growroot openssh-server',
  'base vm openstack-ci-mirrors ubuntu-minimal cloud-init-datasources',
  '-n debian-minimal baremetal dhcp-all-interfaces',
  'base vm ubuntu local-config',
  'vm dhcp-all-interfaces enable-serial-console debian-minimal devuser',
  '-n ubuntu element-manifest dkms stable-interface-names disable-nouveau',
  '-n docker',
  'containerfile openssh-server no-final-image',
  'replace-partition block-device-efi',
  'debian-minimal iso baremetal no-final-image',
  'debian-minimal source-repositories svc-map cache-url',
  'vm debian-minimal block-device-efi-4k dracut-regenerate',
  'debian-minimal apt-conf apt-preferences apt-sources autoupdates fail2ban',
  'debian-minimal ibft-interfaces uboot sysctl journal-to-console',
  'debian cloud-init-nocloud cloud-init-disable-resizefs runtime-ssh-host-keys',
  'base vm ubuntu-minimal pip-cache pip-and-virtualenv',
  '-n debian-minimal no-final-image selinux-permissive ensure-venv epel',
  'debian-minimal modprobe-blacklist select-boot-kernel-initrd cleanup-kernel-initrd',
];

describe.each(combinations)('%s', (words) => {
  const shown = show(words.split(' '));

  test('has the elements that OpenStack has', () => {
    expect(shown.elements.map(({ name }) => name).sort()).toEqual(closure(words.split(' ')));
  });

  test('runs hooks by number, then bytes of their names', () => {
    const scheduled = phaseNames.map((phase) => [
      phase,
      shown.schedule.flatMap((step) => (step.kind === 'hook' && step.phase === phase ? [step.script] : [])),
    ]);
    const names = shown.elements.map(({ name }) => name);
    expect(scheduled).toEqual(phaseNames.map((phase) => [phase, hooksByRule(names, phase)]));
  });
});

const needing = (...deps: readonly string[]): Dependencies => ({ deps, provides: [] });

/**
 * Elements for RAM disks there say less than they need: named without `ramdisk`, their pieces of /init would find no
 * shell. Those that need nothing any more say less here.
 */
const differing: Readonly<Record<string, Dependencies>> = {
  'deploy-baremetal': needing('ramdisk-base'),
  'deploy-targetcli': needing('package-installs', 'ramdisk-base'),
  'deploy-tgtadm': needing('package-installs', 'ramdisk-base'),
  'dracut-ramdisk': needing('deploy-targetcli', 'package-installs', 'pkg-map', 'ramdisk-base'),
  hwburnin: needing('package-installs', 'ramdisk-base'),
  hwdiscovery: needing('ramdisk-base'),
  ilo: needing('ramdisk-base'),
  mellanox: needing('ramdisk-base'),
  'ramdisk-base': needing('package-installs'),
  'tpm-emulator': needing('dib-init-system', 'package-installs'),
};

test('every element of ours has the dependencies that it has there', () => {
  const names = readdirSync(elements).filter((name) => Object.hasOwn(facts, name));
  const ours = Object.fromEntries(
    names.map((name) => [
      name,
      { deps: namesIn(name, 'element-deps'), provides: namesIn(name, 'element-provides') },
    ]),
  );
  const wanted = { ...facts, ...differing };
  expect(ours).toEqual(Object.fromEntries(names.map((name) => [name, wanted[name]])));
  expect(names.length).toBeGreaterThan(60);
});

test('hooks of the same names stand as in a build of OpenStack', () => {
  const { schedule } = show(['debian-minimal', 'vm']);
  const all = schedule.flatMap((step) => (step.kind === 'hook' ? [`${step.phase}/${step.script}`] : []));
  const example = Object.entries(exampleSchedule).flatMap(([phase, scripts]) =>
    scripts.split(' ').map((script) => `${phase}/${script}`),
  );
  expect(all.filter((hook) => example.includes(hook))).toEqual(example);
});

/** What `disk-image-create debian-minimal vm` runs there. Ours has further hooks between them. */
const exampleSchedule = {
  'root.d':
    '08-debootstrap 09-apt-keyring 50-block-apt-translations 50-block-daemons 50-build-with-http-cache ' +
    '50-shared-apt-cache 50-trim-dpkg 75-debian-minimal-baseinstall',
  'extra-data.d':
    '10-create-pkg-map-dir 20-manifest-dir 50-modprobe-blacklist 99-enable-install-types 99-squash-package-install',
  'pre-install.d':
    '00-disable-apt-recommends 01-install-bin 03-baseline-tools 04-dib-init-system 10-package-installs ' +
    '99-apt-get-update 99-package-uninstalls',
  'install.d':
    '00-baseline-environment 00-up-to-date 01-package-installs 10-cloud-init 10-debian-networking ' +
    '12-debian-locale-gen 15-cleanup-debootstrap 20-install-init-scripts 80-modprobe-blacklist ' +
    '99-package-uninstalls',
  'post-install.d': '00-package-installs 10-enable-init-scripts 95-package-uninstalls',
  'finalise.d':
    '50-bootloader 50-remove-bogus-udev-links 99-clean-up-cache 99-clear-machine-id 99-write-dpkg-manifest',
  'cleanup.d':
    '01-copy-manifests-dir 40-unblock-daemons 50-remove-img-build-proxy 60-untrim-dpkg 99-clean-up-cache',
};

function show(words: readonly string[]): ElementsExplained {
  const argv = ['element', 'show', '--format', 'json', ...words];
  const { status, stdout, stderr } = runCommand('diskimage-builder', argv, {
    environment: { ARCH: 'amd64' },
  });
  if (status !== 0) return { elements: [], environment: [], schedule: [], packages: [], notes: [stderr] };
  return JSON.parse(stdout) as ElementsExplained;
}

/** Breadth first from the names given, less what an element of the set provides. */
function closure(words: readonly string[]): readonly string[] {
  const named = words.filter((word) => word !== '-n');
  const layout = named.includes('vm') && !named.some((name) => name.startsWith('block-device-'));
  const queue = [
    ...(words.includes('-n') ? [] : ['base']),
    ...named,
    ...(layout ? ['block-device-mbr'] : []),
  ];
  const members = new Set<string>();
  const provided = new Set<string>();
  for (let name = queue.shift(); name !== undefined; name = queue.shift()) {
    if (members.has(name) || provided.has(name)) continue;
    const fact = facts[name];
    if (fact === undefined) throw new Error(`nothing is known of ${name}`);
    members.add(name);
    for (const what of fact.provides) provided.add(what);
    queue.push(...fact.deps);
  }
  return [...members].filter((name) => !provided.has(name)).sort();
}

/** Executable files with names that hooks have: the leading number decides, none counting as 0, then bytes. */
function hooksByRule(names: readonly string[], phase: string): readonly string[] {
  const hooks = names.flatMap((name) =>
    filesIn(join(elements, name, phase)).filter((script) => /^[0-9A-Za-z_-]+$/.test(script)),
  );
  const number = (script: string): number => Number(/^\d*/.exec(script)?.[0] ?? '');
  return hooks.sort((a, b) => number(a) - number(b) || (a < b ? -1 : 1));
}

function filesIn(directory: string): readonly string[] {
  const entries = statSync(directory, { throwIfNoEntry: false }) === undefined ? [] : readdirSync(directory);
  return entries.filter((name) => {
    const status = statSync(join(directory, name));
    return status.isFile() && (status.mode & 0o111) !== 0;
  });
}

function namesIn(element: string, file: string): readonly string[] {
  const path = join(elements, element, file);
  const isThere = statSync(path, { throwIfNoEntry: false }) !== undefined;
  return (isThere ? readFileSync(path, 'utf8') : '')
    .split('\n')
    .filter((line) => line !== '')
    .sort();
}
