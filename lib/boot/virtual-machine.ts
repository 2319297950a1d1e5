// SPDX-License-Identifier: Apache-2.0
import { availableParallelism } from 'node:os';
import type { Host } from '../host/host.ts';
import { startProcess } from '../host/start-process.ts';
import type { ProcessEnd } from '../host/start-process.ts';
import { createConsoleText } from './console-text.ts';
import { findFirmwareFiles } from './firmware-files.ts';
import { qemuArgv } from './qemu-argv.ts';
import type { Firmware, MachineDescription } from './qemu-argv.ts';
import { writeSeed } from './script-seed.ts';
import type { Seed } from './script-seed.ts';
import { withUnlinkedFile } from './unlinked-file.ts';

/** A machine before its firmware is found and its processors are counted. */
export type MachineRequest = Omit<MachineDescription, 'firmware' | 'processors' | 'seedDescriptor'> & {
  readonly firmware: Firmware;
  /** Left out: as many as this machine has, at most two. */
  readonly processors?: number;
  /** Null: nothing is handed in. */
  readonly seed: Seed | null;
};

/** A running machine; its console is read from its start. Whoever starts one must kill it. */
export type VirtualMachine = {
  /** Everything the console has shown. */
  readonly console: () => string;
  /** What QEMU itself complained of. */
  readonly complaints: () => string;
  /** Types on the console. */
  readonly type: (text: string) => void;
  readonly kill: () => Promise<void>;
  readonly exited: Promise<ProcessEnd>;
};

export async function startMachine(host: Host, request: MachineRequest): Promise<VirtualMachine> {
  const firmware = request.firmware === 'bios' ? null : await findFirmwareFiles(request.arch);
  const { seed } = request;
  const start = (files: readonly number[]): VirtualMachine =>
    startQemu(
      qemuArgv({
        ...request,
        firmware,
        processors: request.processors ?? Math.min(2, availableParallelism()),
        seedDescriptor: files.length === 0 ? null : 3,
      }),
      files,
    );
  if (seed === null) return start([]);
  return withUnlinkedFile(
    (path) => writeSeed(host, path, seed),
    (descriptor) => Promise.resolve(start([descriptor])),
  );
}

function startQemu(argv: [string, ...string[]], files: readonly number[]): VirtualMachine {
  const console = createConsoleText();
  let complaints = '';
  const qemu = startProcess(argv, {
    onData: console.add,
    onError: (text) => void (complaints += text),
    files,
  });
  return {
    console: console.text,
    complaints: () => complaints,
    type: qemu.write,
    kill: async () => {
      qemu.kill();
      await qemu.exited;
    },
    exited: qemu.exited,
  };
}
