// SPDX-License-Identifier: Apache-2.0
import { createServer } from 'node:http';
import type { IncomingMessage } from 'node:http';
import { connect, createServer as createListener } from 'node:net';
import type { AddressInfo } from 'node:net';
import { answerOf } from './read-disk.ts';

/** The other end of the element deploy: takes what machines post, and writes an image to their disks. */
export type DeployServer = {
  /** Of 127.0.0.1, which guests of QEMU know as 10.0.2.2. */
  readonly port: number;
  /** Everything that was done, in order. */
  readonly steps: readonly DeployStep[];
  /** Resolves when a machine has its image and was told so; rejects when that failed. */
  readonly deployed: Promise<void>;
  readonly close: () => Promise<void>;
};

export type DeployStep =
  | { readonly did: 'took' | 'refused'; readonly fields: Readonly<Record<string, string>> }
  | { readonly did: 'wrote'; readonly target: string }
  | { readonly did: 'told' };

export type DeployOrder = {
  /** A disk image in qcow2, for a disk that is blank. */
  readonly image: string;
  /** The one machine that is expected, and what it has to know. */
  readonly id: string;
  readonly key: string;
  /** Ports of 127.0.0.1 that lead to the machine's iSCSI target and to where it waits for the word. */
  readonly iscsiPort: number;
  readonly wordPort: number;
};

/** @param port Of 127.0.0.1; 0: whichever is free. */
export async function startDeployServer(order: DeployOrder, port = 0): Promise<DeployServer> {
  const steps: DeployStep[] = [];
  const outcome = openOutcome();
  const server = createServer((request, response) => {
    void readForm(request).then((fields) => {
      const isExpected = request.method === 'POST' && fields['i'] === order.id && fields['k'] === order.key;
      steps.push({ did: isExpected ? 'took' : 'refused', fields });
      response.writeHead(isExpected ? 200 : 403, { 'Content-Type': 'text/plain' });
      response.end(isExpected ? 'taken\n' : 'this id and key belong to no machine that is to be deployed\n');
      if (isExpected) outcome.settle(deploy(order, fields, steps));
    });
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    steps,
    deployed: outcome.promise,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** A promise that takes over what becomes of another one. Who waits for it is told of a failure; nobody has to. */
function openOutcome() {
  let settle: (of: Promise<void>) => void = () => undefined;
  const promise = new Promise<void>((resolve) => (settle = resolve));
  promise.catch(() => undefined);
  return { promise, settle: (of: Promise<void>): void => settle(of) };
}

/** What a form was filled with. */
export async function readForm(request: IncomingMessage): Promise<Readonly<Record<string, string>>> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return Object.fromEntries(new URLSearchParams(body));
}

/** The machine gives an address that only its own network knows: the forwarded port stands in for it. */
async function deploy(
  { image, iscsiPort, wordPort }: DeployOrder,
  fields: Readonly<Record<string, string>>,
  steps: DeployStep[],
): Promise<void> {
  const target = `iscsi://127.0.0.1:${iscsiPort}/${fields['n'] ?? ''}/1`;
  // The disk is blank: what the image has no bytes for need not be sent.
  const words = ['convert', '-n', '--target-is-zero', '-f', 'qcow2', '-O', 'raw', image, target];
  const { exitStatus, stdout } = await answerOf('sh', '-c', 'exec "$@" 2>&1', 'sh', 'qemu-img', ...words);
  if (exitStatus !== 0) throw new Error(`qemu-img ${words.join(' ')}: ${stdout}`);
  steps.push({ did: 'wrote', target });
  await sendWord(wordPort);
  steps.push({ did: 'told' });
}

function sendWord(port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port, host: '127.0.0.1' }, () => socket.end('done'));
    socket.on('error', reject);
    socket.on('close', resolve);
    socket.resume();
  });
}

/** Ports of 127.0.0.1 that were free a moment ago. */
export async function freePorts(count: number): Promise<readonly number[]> {
  const listeners = Array.from({ length: count }, () => createListener());
  const ports = await Promise.all(
    listeners.map(
      (listener) =>
        new Promise<number>((resolve) => {
          listener.listen(0, '127.0.0.1', () => resolve((listener.address() as AddressInfo).port));
        }),
    ),
  );
  await Promise.all(listeners.map((listener) => new Promise((resolve) => listener.close(resolve))));
  return ports;
}
