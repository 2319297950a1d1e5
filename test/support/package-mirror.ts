// SPDX-License-Identifier: Apache-2.0
import { createReadStream, existsSync, statSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';

/** A web server of a package archive that remembers what it was asked for, and can be slow. */
export type PackageMirror = {
  readonly url: string;
  /** `NAME.deb`, or `NAME.deb from BYTE` where a part was asked for and sent. */
  readonly fetched: () => readonly string[];
  /** Forgets what was fetched, and is quick. */
  readonly reset: () => void;
  /** Every package takes this long. */
  readonly delay: (milliseconds: number) => void;
  /** Keeps who asks for this file waiting until the function that is returned has been called. */
  readonly hold: (name: string) => () => void;
  /** Sends the first half of this file and then nothing more; resolves when somebody has got so far. */
  readonly stall: (name: string) => Promise<void>;
  readonly close: () => void;
};

export async function servePackages(archive: string): Promise<PackageMirror> {
  const fetched: string[] = [];
  const state = { delay: 0, stalled: '', onStall: (): void => undefined };
  const held = new Map<string, Promise<void>>();
  const server = createServer((request, response) => {
    const file = join(archive, decodeURIComponent(request.url ?? '/'));
    if (!existsSync(file) || !statSync(file).isFile()) return void response.writeHead(404).end();
    const since = statSync(file).mtime.toUTCString();
    const name = basename(file);
    const from = request.headers['if-range'] === since ? startOf(request.headers.range) : 0;
    if (name.endsWith('.deb')) fetched.push(from === 0 ? name : `${name} from ${from}`);
    const { size } = statSync(file);
    const range = from === 0 ? {} : { 'Content-Range': `bytes ${from}-${size - 1}/${size}` };
    const headers = { 'Last-Modified': since, 'Content-Length': size - from, ...range };
    response.writeHead(from === 0 ? 200 : 206, headers);
    if (name === state.stalled) {
      sendHalf(file, response, state.onStall);
      return;
    }
    const pause = name.endsWith('.deb') ? state.delay : 0;
    void Promise.all([wait(pause), held.get(name)]).then(() =>
      createReadStream(file, { start: from }).pipe(response),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    fetched: () => [...fetched].sort(),
    reset: () => {
      fetched.length = 0;
      held.clear();
      Object.assign(state, { delay: 0, stalled: '' });
    },
    delay: (milliseconds) => void (state.delay = milliseconds),
    hold: (name) => {
      const gate = { open: (): void => undefined };
      held.set(name, new Promise((resolve) => void (gate.open = resolve)));
      return () => gate.open();
    },
    stall: (name) => new Promise((resolve) => void Object.assign(state, { stalled: name, onStall: resolve })),
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

const startOf = (range: string | undefined): number => Number(/^bytes=(\d+)-/.exec(range ?? '')?.[1] ?? 0);

function sendHalf(file: string, response: ServerResponse, then: () => void): void {
  const end = Math.floor(statSync(file).size / 2) - 1;
  const half = createReadStream(file, { end });
  half.on('end', () => setTimeout(then, 300));
  half.pipe(response, { end: false });
}
