// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { realHost } from '../../../lib/host/real-host.ts';
import { runCompanion } from '../../../lib/worker/run-companion.ts';

test('a companion is known by its session as long as it runs', async () => {
  const companions = new Set<number>();
  const seen: (readonly [number, boolean])[] = [];
  const { lastLines, exitStatus } = await runCompanion(
    { host: realHost, companions },
    {
      argv: ['sh', '-c', 'cut -d " " -f 6 /proc/self/stat; exit 3'],
      onSession: (session) => void seen.push([session, companions.has(session)]),
    },
  );
  expect(exitStatus).toBe(3);
  expect(seen).toEqual([[Number(lastLines[0]), true]]);
  expect([...companions]).toEqual([]);
});
