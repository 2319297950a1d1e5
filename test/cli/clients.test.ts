// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import type { BuildPlan } from '../../lib/model/plan.ts';
import { runCommand } from '../support/run-command.ts';

/** What a project that builds its images with these commands sends, and what it counts on to come of it. */
type Client = {
  readonly client: string;
  readonly argv: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  /** Elements of its own, or of upstream, that stand for themselves here: name → element-deps. */
  readonly own: Readonly<Record<string, readonly string[]>>;
  /** Elements that must be among those built. */
  readonly elements: readonly string[];
  /** Relative to where it runs. */
  readonly files: readonly string[];
  readonly plan?: object;
};

const none = (...names: readonly string[]): Client['own'] =>
  Object.fromEntries(names.map((name) => [name, []]));

const clients: readonly Client[] = [
  {
    client: 'nodepool',
    argv: [
      ...['-x', '-t', 'qcow2,raw,vhd', '--checksum', '--no-tmpfs', '--qemu-img-options', 'compat=0.10'],
      ...['-o', 'images/ubuntu-noble-0000000012', 'ubuntu-minimal', 'vm', 'simple-init', 'nodepool-base'],
    ],
    environment: { DIB_RELEASE: '', DIB_IMAGE_NAME: 'ubuntu-noble', DIB_IMAGE_FILENAME: 'ubuntu-noble-12' },
    own: none('simple-init', 'nodepool-base'),
    elements: ['base', 'ubuntu-minimal', 'vm', 'block-device-mbr', 'simple-init', 'nodepool-base'],
    files: ['qcow2', 'raw', 'vhd'].map((type) => `images/ubuntu-noble-0000000012.${type}`),
    plan: { outputs: Array(3).fill({ checksums: ['md5', 'sha256'] }) },
  },
  {
    client: 'project-config',
    argv: [
      ...['-x', '--no-tmpfs', '-o', 'ubuntu', 'ubuntu-minimal', 'block-device-mbr', 'vm', 'simple-init'],
      ...['openstack-repos', 'nodepool-base', 'growroot', 'infra-package-needs'],
    ],
    environment: { break: 'after-error', DIB_RELEASE: 'noble' },
    own: none('simple-init', 'openstack-repos', 'nodepool-base', 'infra-package-needs'),
    elements: ['block-device-mbr', 'growroot', 'infra-package-needs'],
    files: ['ubuntu.qcow2'],
    plan: { release: 'noble', execution: { debug: { breakpoints: ['after-error'], trace: 1 } } },
  },
  {
    client: 'octavia',
    argv: [
      ...['', '', '-a', 'amd64', '-o', 'amphora-x64-haproxy', '-t', 'qcow2', '--image-size', '2'],
      ...['--image-cache', 'cache', ''],
      'base vm ubuntu-minimal haproxy-octavia rebind-sshd no-resolvconf amphora-agent octavia-lib sos ' +
        'cloud-init-datasources remove-default-ints amphora-apparmor keepalived-octavia ipvsadmin pip-cache certs-ramfs ',
    ],
    environment: {
      DIB_RELEASE: 'noble',
      DIB_UBUNTU_KERNEL: 'linux-image-virtual',
      DIB_CLOUD_INIT_DATASOURCES: 'ConfigDrive',
      DIB_GRUB_TIMEOUT: '0',
    },
    own: {
      ...none('haproxy-octavia', 'rebind-sshd', 'no-resolvconf', 'octavia-lib', 'sos', 'remove-default-ints'),
      ...none('amphora-apparmor', 'keepalived-octavia', 'ipvsadmin', 'pip-cache', 'certs-ramfs'),
      'amphora-agent': [
        'dib-init-system',
        'install-static',
        'package-installs',
        'pkg-map',
        'source-repositories',
        'svc-map',
      ],
    },
    elements: ['amphora-agent', 'certs-ramfs', 'cloud-init-datasources', 'source-repositories', 'svc-map'],
    files: ['amphora-x64-haproxy.qcow2'],
    plan: { arch: 'amd64', disk: { request: { size: 2 * 2 ** 30 } } },
  },
  {
    client: 'octavia with all of its options',
    argv: [
      ...['--logfile=amphora.log', '-x', '-a', 'amd64', '-o', 'amphora', '-t', 'tar', '--image-size', '2.5'],
      ...['--image-cache', 'cache', '--no-tmpfs', 'base vm ubuntu-minimal cpu-pinning remove-sshd'],
    ],
    own: none('cpu-pinning', 'remove-sshd'),
    elements: ['vm', 'cpu-pinning', 'remove-sshd'],
    files: ['amphora.tar'],
    plan: { disk: null, environment: { DIB_NO_TMPFS: '1' } },
  },
  {
    client: 'ironic-python-agent-builder',
    argv: ['-o', 'ironic-python-agent', 'ironic-python-agent-ramdisk', 'debian-minimal', 'extra', '-x'],
    environment: {
      DIB_INSTALLTYPE_pip_and_virtualenv: 'package',
      DIB_CHECKSUM: 'sha256',
      DIB_REPOREF_requirements: 'master',
    },
    own: { 'ironic-python-agent-ramdisk': ['no-final-image', 'source-repositories'], extra: [] },
    elements: ['base', 'ironic-python-agent-ramdisk', 'debian-minimal', 'extra'],
    files: [],
    plan: { environment: { DIB_CHECKSUM: 'sha256', IMAGE_NAME: 'ironic-python-agent' } },
  },
  {
    client: 'trove',
    argv: [
      ...[
        '-x',
        '-a',
        'amd64',
        '-o',
        'trove-guest',
        '-t',
        'qcow2',
        '--image-size',
        '5',
        '--image-cache',
        'cache',
      ],
      ...['base', 'vm', 'openstack-ci-mirrors', 'ubuntu-minimal', 'cloud-init-datasources', 'pip-cache'],
      ...['guest-agent', 'ubuntu-docker'],
    ],
    environment: { DIB_CLOUD_INIT_ETC_HOSTS: 'localhost', DISTRO_NAME: 'ubuntu', DIB_RELEASE: 'noble' },
    own: none('pip-cache', 'guest-agent', 'ubuntu-docker'),
    elements: ['openstack-ci-mirrors', 'guest-agent'],
    files: ['trove-guest.qcow2'],
    plan: { disk: { request: { size: 5 * 2 ** 30 } } },
  },
  {
    client: 'tripleo-common',
    argv: [
      ...['-a', 'amd64', '-o', 'overcloud-full', '-t', 'qcow2', '-p', 'python3-psutil,vim', '--min-tmpfs=7'],
      ...[
        '--mkfs-options',
        '-O ^has_journal',
        '-n',
        'debian-minimal',
        'vm',
        'overcloud-base',
        'block-device-efi',
      ],
    ],
    environment: { COMPRESS_IMAGE: '1', DIB_BLOCK_DEVICE: 'efi', DIB_PYTHON_VERSION: '3' },
    own: none('overcloud-base'),
    elements: ['debian-minimal', 'vm', 'block-device-efi', 'overcloud-base'],
    files: ['overcloud-full.qcow2'],
    plan: { environment: { INSTALL_PACKAGES: 'python3-psutil vim', SKIP_BASE: '1' } },
  },
  {
    client: 'bifrost',
    argv: [
      ...['-x', '-u', '--no-tmpfs', '--offline', '-n', '-a', 'amd64', '-o', 'http/deployment_image.qcow2'],
      ...['-t', 'qcow2', '--image-size', '5', '--image-cache', 'cache', '--max-online-resize', '1000000000'],
      ...['--min-tmpfs', '2', '--qemu-img-options', 'compat=0.10', '--root-label', 'bifrost', '-p', 'vim'],
      ...['debian', 'vm', 'block-device-gpt', 'simple-init'],
    ],
    environment: { DIB_RELEASE: 'bookworm' },
    own: none('simple-init'),
    elements: ['debian', 'vm', 'block-device-gpt'],
    files: ['http/deployment_image.qcow2'],
    plan: { environment: { DIB_OFFLINE: '1', COMPRESS_IMAGE: '', DIB_ROOT_LABEL: 'bifrost' } },
  },
  {
    client: 'manila',
    argv: [
      ...['-t', 'qcow2', '-a', 'amd64', '-offline', '-x', '-u', '-o', 'manila-service-image'],
      ...['ubuntu-nfs', 'ubuntu-cifs', 'manila-ssh', 'vm', 'manila-ubuntu-minimal', 'dhcp-all-interfaces'],
    ],
    environment: { DIB_DEFAULT_INSTALLTYPE: 'package' },
    own: {
      ...none('ubuntu-nfs', 'ubuntu-cifs'),
      'manila-ssh': ['dib-init-system'],
      'manila-ubuntu-minimal': ['ubuntu-minimal'],
    },
    elements: ['manila-ssh', 'ubuntu-minimal', 'dhcp-all-interfaces', 'dib-init-system'],
    files: ['manila-service-image.qcow2'],
    plan: { environment: { DIB_OFFLINE: '', DIB_DEFAULT_INSTALLTYPE: 'package' } },
  },
  {
    client: 'capo-image-elements',
    argv: ['-t', 'qcow2,raw', '-o', 'node', 'vm', 'debian-minimal', 'block-device-kubernetes', 'kubernetes'],
    environment: {
      DIB_MIN_TMPFS: '4',
      DIB_IMAGE_SIZE: '3',
      DIB_SKIP_BASE_PACKAGE_INSTALL: '1',
      DIB_CLOUD_INIT_GROWPART_DEVICES: '["/"]',
    },
    own: { 'block-device-kubernetes': [], kubernetes: ['cloud-init-growpart'] },
    elements: ['vm', 'block-device-kubernetes', 'cloud-init-growpart'],
    files: ['node.qcow2', 'node.raw'],
    plan: { disk: { request: { size: 3 * 2 ** 30 } } },
  },
  {
    client: 'sahara',
    argv: [
      'base',
      'vm',
      'hadoop',
      'oozie',
      'ubuntu-minimal',
      'root-passwd',
      '-o',
      'sahara-hadoop',
      '-t',
      'raw',
    ],
    own: none('hadoop', 'oozie', 'root-passwd'),
    elements: ['base', 'vm', 'hadoop', 'oozie', 'ubuntu-minimal', 'root-passwd'],
    files: ['sahara-hadoop.raw'],
  },
];

let place = '';
beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'clients-'));
  const own = clients.flatMap((client) => Object.entries(client.own));
  for (const [name, dependencies] of own) writeStandIn(join(place, 'elements', name), dependencies);
  writeFileSync(join(place, 'elements/block-device-kubernetes/element-provides'), 'block-device\n');
});
afterAll(() => rmSync(place, { recursive: true }));

function writeStandIn(directory: string, dependencies: readonly string[]): void {
  const files = {
    'element-deps': dependencies.map((name) => `${name}\n`).join(''),
    'README.rst': 'Stands for an element of somebody else.\n',
    [`install.d/50-${basename(directory)}`]: '#!/bin/bash\nset -eu -o pipefail\n',
  };
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), text, { mode: 0o755 });
  }
}

test.each(clients)('$client', ({ argv, environment, elements, files, plan }) => {
  const around = { ELEMENTS_PATH: join(place, 'elements'), ...environment };
  const { status, stdout, stderr } = runCommand('disk-image-create', [...argv, '--dry-run=json'], {
    environment: around,
    cwd: place,
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
  const made = JSON.parse(stdout) as BuildPlan;
  expect(made).toMatchObject(plan ?? {});
  expect(made.elements.map(({ name }) => name)).toEqual(expect.arrayContaining([...elements]));
  expect(made.outputs.map(({ file }) => file)).toEqual(files.map((file) => join(place, file)));
});
