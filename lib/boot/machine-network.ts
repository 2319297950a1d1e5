// SPDX-License-Identifier: Apache-2.0
/**
 * One network interface of a virtual machine, on a network of QEMU's own: the guest has 10.0.2.15 by DHCP and reaches
 * this machine as 10.0.2.2; nobody but this machine reaches the guest, and only by forwarded ports.
 */
export type MachineNetwork = {
  /** Null: QEMU's choice, which for the first interface is 52:54:00:12:34:56. */
  readonly mac: string | null;
  readonly forwards: readonly PortForward[];
};

/** Connections to a TCP port of 127.0.0.1 are led to one of the guest. */
export type PortForward = { readonly port: number; readonly guestPort: number };

export const plainNetwork: MachineNetwork = { mac: null, forwards: [] };

/**
 * Reads words of `--net`, which commas separate: `user`, `mac=ADDRESS` and `forward=PORT:GUEST_PORT`, or `none` alone.
 * @returns null for `none`, or a sentence that says what is wrong.
 */
export function readNetwork(text: string): MachineNetwork | null | string {
  if (text === 'none') return null;
  let network = plainNetwork;
  for (const word of text.split(',')) {
    const next = withWord(network, word);
    if (typeof next === 'string') return next;
    network = next;
  }
  return network;
}

function withWord(network: MachineNetwork, word: string): MachineNetwork | string {
  const [, name = '', value = ''] = /^([a-z]+)(?:=(.*))?$/.exec(word) ?? [];
  switch (name) {
    case 'user':
      return value === '' ? network : forms;
    case 'mac':
      return usableMac.test(value)
        ? { ...network, mac: value.toLowerCase() }
        : `"${value}" is no address of one network interface, as in 52:54:00:12:34:56.`;
    case 'forward': {
      const forward = readForward(value);
      return typeof forward === 'string' ? forward : { ...network, forwards: [...network.forwards, forward] };
    }
    case 'none':
      return 'With none there is nothing more to say.';
    default:
      return forms;
  }
}

const forms = 'Give user, none, mac=ADDRESS or forward=PORT:GUEST_PORT, or some of them with commas between.';

/** The lowest bit of the first byte marks groups of interfaces. */
const usableMac = /^[\da-f][02468ace](?::[\da-f]{2}){5}$/i;

function readForward(value: string): PortForward | string {
  const [, port, guestPort] = /^(\d{1,5}):(\d{1,5})$/.exec(value) ?? [];
  const forward = { port: Number(port), guestPort: Number(guestPort) };
  const isUsable = Object.values(forward).every((number) => number >= 1 && number <= 65_535);
  return isUsable ? forward : `"${value}" is not PORT:GUEST_PORT, two numbers from 1 to 65535.`;
}
