// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { readNetwork } from '../../../lib/boot/machine-network.ts';

const forms = 'Give user, none, mac=ADDRESS or forward=PORT:GUEST_PORT, or some of them with commas between.';

describe('words of --net', () => {
  test.each([
    ['user', { mac: null, forwards: [] }],
    ['none', null],
    ['mac=52:54:00:AB:cd:01', { mac: '52:54:00:ab:cd:01', forwards: [] }],
    ['forward=10022:22', { mac: null, forwards: [{ port: 10022, guestPort: 22 }] }],
    [
      'user,forward=1:65535,mac=02:00:00:00:00:01,forward=10000:10000',
      {
        mac: '02:00:00:00:00:01',
        forwards: [
          { port: 1, guestPort: 65_535 },
          { port: 10_000, guestPort: 10_000 },
        ],
      },
    ],
  ])('%s', (words, network) => {
    expect(readNetwork(words)).toEqual(network);
  });

  test.each([
    ['', forms],
    ['bridge=br0', forms],
    ['user=x', forms],
    ['user,none', 'With none there is nothing more to say.'],
    ['mac=52:54:00', '"52:54:00" is no address of one network interface, as in 52:54:00:12:34:56.'],
    [
      'mac=01:00:5e:00:00:01',
      '"01:00:5e:00:00:01" is no address of one network interface, as in 52:54:00:12:34:56.',
    ],
    ['forward=22', '"22" is not PORT:GUEST_PORT, two numbers from 1 to 65535.'],
    ['forward=0:22', '"0:22" is not PORT:GUEST_PORT, two numbers from 1 to 65535.'],
    ['forward=22:65536', '"22:65536" is not PORT:GUEST_PORT, two numbers from 1 to 65535.'],
    ['forward=0.0.0.0:22:22', '"0.0.0.0:22:22" is not PORT:GUEST_PORT, two numbers from 1 to 65535.'],
  ])('%j is refused', (words, problem) => {
    expect(readNetwork(words)).toBe(problem);
  });
});
