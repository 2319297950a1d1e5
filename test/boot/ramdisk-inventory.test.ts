// SPDX-License-Identifier: Apache-2.0
import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import type { ConsoleSession } from '../../lib/boot/console-session.ts';
import type { BootPair } from '../../lib/boot/inspect-pair.ts';
import { GiB, MiB } from '../../lib/model/brands.ts';
import { buildPair, quick } from '../support/built-image.ts';
import { readForm } from '../support/deploy-server.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { expectRestart, linesOf, withPair } from '../support/pair-guest.ts';
import { requires } from '../support/requires.ts';

const isReady = requires({
  namespaces: true,
  network: true,
  programs: ['mmdebstrap', 'qemu-system-x86_64', 'qemu-img'],
});

const directory = useImageDirectory();

let pair: BootPair;
beforeAll(async () => {
  if (!isReady) return;
  pair = await buildPair({
    directory: directory(),
    name: 'inventory',
    words: ['hwdiscovery', 'hwburnin', 'debian-minimal'],
    environment: quick,
  });
});

function blankDisk(name: string, size: number): { readonly path: string; readonly format: string } {
  const path = join(directory(), name);
  const file = openSync(path, 'w');
  ftruncateSync(file, size);
  closeSync(file);
  return { path, format: 'raw' };
}

type Inventory = {
  readonly cpu: { readonly cores: number };
  readonly memory: { readonly bytes: number; readonly installed_bytes: number };
  readonly disks: readonly Readonly<Record<string, unknown>>[];
  readonly interfaces: readonly Readonly<Record<string, unknown>>[];
  readonly system: Readonly<Record<string, unknown>>;
};

/** The JSON on the console, without what the kernel said in between. */
function inventoryOn(session: ConsoleSession): Inventory {
  const lines = session
    .console()
    .split('\n')
    .filter((line) => !/^\[ *\d+\.\d+\]/.test(line));
  const begin = lines.indexOf('{');
  const text = lines.slice(begin, lines.indexOf('}', begin) + 1).join('\n');
  return JSON.parse(text) as Inventory;
}

/** Takes one form, and gives what it was filled with. */
async function withFormTaker(
  use: (port: number, taken: () => Readonly<Record<string, string>>) => Promise<void>,
): Promise<void> {
  let fields: Readonly<Record<string, string>> = {};
  const server = createServer((request, response) => {
    void readForm(request).then((form) => {
      fields = form;
      response.end('thanks\n');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await use((server.address() as AddressInfo).port, () => fields);
  } finally {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  }
}

test('hwdiscovery prints what the machine has, and sends it to a server', async () => {
  const [first, second] = ['52:54:00:00:00:01', '52:54:00:00:00:02'];
  const machine = {
    memoryMebibytes: 768,
    processors: 3,
    disks: [blankDisk('a.raw', 3 * GiB), blankDisk('b.raw', 1.5 * GiB)],
    networks: [first, second].map((mac) => ({ mac, forwards: [] })),
  };
  await withFormTaker(async (port, taken) => {
    const parameters = [
      'hwburnin_memory=1M',
      `BOOTIF=01-${second.replaceAll(':', '-')}`,
      `HW_DISCOVERY_URL=http://10.0.2.2:${port}/`,
    ];
    await withPair(pair, { ...machine, append: parameters.join(' ') }, async (session) => {
      await expectRestart(session);
      const found = inventoryOn(session);
      expect(found).toEqual({
        'cpu cores': '3',
        'disk size': '3GB',
        'ram size': `${found.memory.bytes} bytes`,
        'pxe mac': second,
        cpu: { cores: 3, sockets: 1, architecture: 'x86_64', model: expect.any(String) as unknown },
        memory: { bytes: found.memory.bytes, installed_bytes: 768 * MiB },
        disks: [disk('vda', 3 * GiB), disk('vdb', 1.5 * GiB)],
        interfaces: [
          // The kernel tells nothing of the link of a card that is not up.
          { ...card('eth0', first), link: null, address: null },
          { ...card('eth1', second), link: true, address: '10.0.2.15' },
        ],
        system: {
          vendor: 'QEMU',
          product: 'Standard PC (Q35 + ICH9, 2009)',
          serial: null,
          uuid: null,
          firmware: 'bios',
        },
      });
      expect(found.memory.bytes).toBeGreaterThan(600 * MiB);
      expect(found.memory.bytes).toBeLessThan(768 * MiB);
      const { hwdiscovery, hwdiscovery_data: data = '' } = taken();
      expect(hwdiscovery).toBe('true');
      expect(JSON.parse(Buffer.from(data, 'base64').toString())).toEqual(found);
      expect(linesOf(session, 'init')).toContain(`sent to http://10.0.2.2:${port}/`);
    });
  });
});

const disk = (name: string, bytes: number) => ({
  name,
  bytes,
  sector_bytes: 512,
  rotational: true,
  model: null,
  serial: null,
  wwn: null,
});

const card = (name: string, mac: string) => ({
  name,
  mac,
  speed_mbit: null,
  driver: 'virtio_net',
});

test('hwburnin has memtester go over memory once, and says that it has passed', async () => {
  const append = 'hwburnin_memory=4M hwburnin_loops=1';
  await withPair(pair, { memoryMebibytes: 256, append }, async (session) => {
    await expectRestart(session);
    expect(linesOf(session, 'init')).toEqual(
      expect.arrayContaining([
        'testing 4M of memory, passes: 1',
        'memory has passed: 4M, passes: 1',
        'done; reboot',
      ]),
    );
    expect(session.console()).toContain('\nLoop 1/1:\n');
    expect(session.console()).not.toContain('Loop 2');
  });
});
