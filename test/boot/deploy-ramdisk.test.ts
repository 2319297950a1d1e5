// SPDX-License-Identifier: Apache-2.0
import { randomBytes } from 'node:crypto';
import { closeSync, ftruncateSync, openSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import type { ConsoleSession } from '../../lib/boot/console-session.ts';
import type { BootPair } from '../../lib/boot/inspect-pair.ts';
import { plainNetwork } from '../../lib/boot/machine-network.ts';
import { GiB, MiB } from '../../lib/model/brands.ts';
import { buildImage, buildPair, quick } from '../support/built-image.ts';
import { freePorts, startDeployServer } from '../support/deploy-server.ts';
import type { DeployServer } from '../support/deploy-server.ts';
import { withGuest } from '../support/guest.ts';
import { expectRunning } from '../support/guest-checks.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { expectRestart, linesOf, withPair } from '../support/pair-guest.ts';
import { answerOf, rawCopy, virtualSize } from '../support/read-disk.ts';
import { requires } from '../support/requires.ts';

const isReady = requires({
  namespaces: true,
  network: true,
  programs: ['mmdebstrap', 'qemu-system-x86_64', 'qemu-img', 'cmp'],
  qemuProtocols: ['iscsi'],
});

const directory = useImageDirectory();
const iqn = 'iqn.2026-11.test:deploy-7';
const mac = '52:54:00:00:00:07';
const key = 'walrus-and-carpenter';

/** What the machine starts, and what is to be on its disk. */
type Deployment = { readonly pair: BootPair; readonly image: string };

let deploy: Deployment;
let byKernel: Deployment;
beforeAll(async () => {
  if (!isReady) return;
  const common = { directory: directory(), environment: quick };
  const image = await buildImage({
    ...common,
    name: 'deployed.qcow2',
    words: ['vm', 'debian-minimal', 'devuser'],
  });
  deploy = { image, pair: await buildPair({ ...common, name: 'deploy.ramdisk', words: ['deploy'] }) };
  const words = ['debian-minimal', 'deploy-baremetal', 'deploy-targetcli'];
  const targetcli = await buildPair({ ...common, name: 'targetcli', words });
  byKernel = { image: await noise('noise.qcow2'), pair: targetcli };
});

/** An image of 4 MiB, none of it zeros. */
async function noise(name: string): Promise<string> {
  const [raw, image] = [join(directory(), 'noise.raw'), join(directory(), name)];
  writeFileSync(raw, randomBytes(4 * MiB));
  const { exitStatus, stdout } = await answerOf(
    'qemu-img',
    'convert',
    '-f',
    'raw',
    '-O',
    'qcow2',
    raw,
    image,
  );
  expect({ exitStatus, stdout }).toEqual({ exitStatus: 0, stdout: '' });
  return image;
}

/** A disk with nothing on it. */
function blankDisk(name: string): string {
  const path = join(directory(), name);
  const file = openSync(path, 'w');
  ftruncateSync(file, 3 * GiB);
  closeSync(file);
  return path;
}

/** Starts a machine with the RAM disk: of its two network interfaces, BOOTIF names the one that the server reaches. */
async function withMachine(
  { pair, image, disk, machineKey }: Deployment & { readonly disk: string; readonly machineKey: string },
  use: (session: ConsoleSession, server: DeployServer) => Promise<void>,
): Promise<void> {
  const [iscsiPort = 0, wordPort = 0] = await freePorts(2);
  const server = await startDeployServer({ image, id: '7', key, iscsiPort, wordPort });
  const forwards = [
    { port: iscsiPort, guestPort: 3260 },
    { port: wordPort, guestPort: 10_000 },
  ];
  const parameters = {
    BOOTIF: `01-${mac.replaceAll(':', '-')}`,
    boot_server: `10.0.2.2:${server.port}`,
    deployment_id: '7',
    deployment_key: machineKey,
    iscsi_target_iqn: iqn,
    disk: 'vda',
  };
  const append = Object.entries(parameters).map(([name, value]) => `${name}=${value}`);
  try {
    await withPair(
      pair,
      {
        append: append.join(' '),
        disks: [{ path: disk, format: 'raw', keepsChanges: true }],
        networks: [plainNetwork, { mac, forwards }],
      },
      (session) => use(session, server),
    );
  } finally {
    await server.close();
  }
}

async function expectWritten(image: string, disk: string): Promise<void> {
  const bytes = String(await virtualSize(image));
  expect(await answerOf('cmp', `--bytes=${bytes}`, await rawCopy(image), disk)).toEqual({
    exitStatus: 0,
    stdout: '',
  });
}

/** Rejects when the machine ends. */
const endOf = async (session: ConsoleSession): Promise<never> => {
  await session.ended;
  throw new Error(`the machine ended\n${session.console()}`);
};

describe('a machine that is to be deployed', () => {
  let disk: string;

  test('exports its disk, is given an image, and starts again when it is told', async ({ annotate }) => {
    disk = blankDisk('disk.raw');
    const start = performance.now();
    const since = (): string => `${((performance.now() - start) / 1000).toFixed(1)} s`;
    await withMachine({ ...deploy, disk, machineKey: key }, async (session, server) => {
      await Promise.race([server.deployed, endOf(session)]);
      await annotate(`the image was written and the machine told after ${since()}`);
      await expectRestart(session);
      const [posted] = server.steps;
      expect(posted).toEqual({ did: 'took', fields: { i: '7', k: key, a: '10.0.2.15', n: iqn } });
      expect(server.steps.map(({ did }) => did)).toEqual(['took', 'wrote', 'told']);
      expect(linesOf(session, 'init')).toEqual([
        'eth1 has the address 10.0.2.15',
        '50-iscsi-target-tgtadm from deploy-tgtadm',
        '80-deploy-baremetal from deploy-baremetal',
        `exporting /dev/vda (3072 MiB) as ${iqn}`,
        `asking http://10.0.2.2:${server.port} for an image`,
        'the server answers: taken',
        'waiting for word on port 10000 that /dev/vda is written',
        '/dev/vda is written',
        'done; reboot',
      ]);
    });
    await expectWritten(deploy.image, disk);
  });

  test('comes up from the disk', async ({ annotate }) => {
    await withGuest({ image: disk, firmware: 'bios' }, async (guest) => {
      await annotate(`logged in after ${guest.loginSeconds.toFixed(1)} s`);
      await expectRunning(guest);
    });
  });
});

test('deploy-targetcli exports the disk by the kernel', async () => {
  const disk = blankDisk('by-kernel.raw');
  await withMachine({ ...byKernel, disk, machineKey: key }, async (session, server) => {
    await Promise.race([server.deployed, endOf(session)]);
    await expectRestart(session);
    expect(linesOf(session, 'init')).toContain('55-iscsi-target-targetcli from deploy-targetcli');
  });
  await expectWritten(byKernel.image, disk);
});

test('a machine with another key is refused, says so, and starts again with its disk as it was', async () => {
  const disk = blankDisk('other.raw');
  await withMachine({ ...deploy, disk, machineKey: 'oysters' }, async (session, server) => {
    await expectRestart(session);
    expect(server.steps).toEqual([
      { did: 'refused', fields: { i: '7', k: 'oysters', a: '10.0.2.15', n: iqn } },
    ]);
    expect(linesOf(session, 'init')).toContain(
      'the fragment 80-deploy-baremetal from deploy-baremetal failed: ' +
        `http://10.0.2.2:${server.port} refuses: wget: server returned error: HTTP/1.1 403 Forbidden`,
    );
  });
  expect(statSync(disk).blocks).toBe(0);
});
