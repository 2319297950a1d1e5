// SPDX-License-Identifier: Apache-2.0
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { elementName, hostPath } from '../../../../lib/model/brands.ts';
import { hooksOfPhase } from '../../../../lib/worker/tree/phase-hooks.ts';

let place: string;
beforeEach(() => void (place = mkdtempSync(join(tmpdir(), 'dib-phase-hooks-'))));
afterEach(() => rmSync(place, { recursive: true }));

function write(path: string, mode: number): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), '');
  chmodSync(join(place, path), mode);
}

test('a hook that an install type links belongs to the element that has it', async () => {
  const typed = 'install.d/agent-source-install';
  for (const directory of ['elements/agent', 'hooks']) {
    write(join(directory, typed, '60-agent'), 0o755);
    write(join(directory, typed, 'agent.conf'), 0o644);
  }
  for (const name of ['60-agent', 'agent.conf'])
    symlinkSync(`agent-source-install/${name}`, join(place, 'hooks/install.d', name));
  write('hooks/install.d/50-planned', 0o755);
  write('hooks/install.d/70-written', 0o755);
  const hooks = await hooksOfPhase(
    {
      paths: { hooks: hostPath(join(place, 'hooks')) },
      plan: {
        environment: {},
        elements: ['other', 'agent'].map((name) => ({
          name: elementName(name),
          directory: hostPath(join(place, 'elements', name)),
          neverCached: [],
          digest: '',
        })),
        tree: [
          {
            kind: 'hook',
            phase: 'install.d',
            element: elementName('other'),
            script: '50-planned',
            runsIn: 'target',
            cached: true,
          },
        ],
      },
    },
    'install.d',
  );
  expect(hooks.map(({ script, element }) => [script, element])).toEqual([
    ['50-planned', 'other'],
    ['60-agent', 'agent'],
    ['70-written', ''],
  ]);
});
