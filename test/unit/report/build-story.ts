// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent, BuildEventBody } from '../../../lib/model/event.ts';
import type { ReporterOptions } from '../../../lib/report/reporter.ts';

/** 2026-01-02 03:04:05.000 UTC. */
export const storyStart = Date.UTC(2026, 0, 2, 3, 4, 5);

const debootstrap = { step: 0, phase: 'root.d', title: 'root.d/08-debootstrap', element: 'debootstrap' };
const openssh = { step: 1, phase: 'install.d', title: 'install.d/50-openssh', element: 'openssh-server' };
const cloudInit = { step: 2, phase: 'install.d', title: 'install.d/60-cloud-init', element: 'cloud-init' };

/** A build of three hooks, the first of them reused, up to the moment its last hook prints. */
export const runningStory: readonly BuildEvent[] = at([
  [0, { kind: 'build-started', name: 'out', isolation: 'root', steps: 3 }],
  [1, { kind: 'note', text: 'nothing provides operating-system: debian was added' }],
  [2, { kind: 'phase-started', phase: 'root.d' }],
  [3, { kind: 'step-reused', ...debootstrap }],
  [4, { kind: 'phase-finished', phase: 'root.d', milliseconds: 2 }],
  [100, { kind: 'phase-started', phase: 'install.d' }],
  [100, { kind: 'step-started', ...openssh }],
  [200, { kind: 'output', text: 'set +o xtrace' }],
  [900, { kind: 'warning', text: 'the mirror is slow' }],
  [1100, { kind: 'step-finished', ...openssh, milliseconds: 1000 }],
  [1100, { kind: 'step-started', ...cloudInit }],
  [1200, { kind: 'output', text: 'Setting up cloud-init ...' }],
]);

const finish = at([
  [63_100, { kind: 'step-finished', ...cloudInit, milliseconds: 62_000 }],
  [63_100, { kind: 'phase-finished', phase: 'install.d', milliseconds: 63_000 }],
  [63_100, { kind: 'phase-started', phase: 'outputs' }],
  [
    65_100,
    {
      kind: 'output-made',
      format: 'qcow2',
      file: '/images/out.qcow2',
      bytes: 327_680_000,
      allocatedBytes: 104_857_600,
      checksums: { md5: '0cc175b9c0f1b6a831c399e269772661', sha256: 'ca978112ca1bbdca' },
      milliseconds: 2000,
      isReused: false,
    },
  ],
  [65_100, { kind: 'phase-finished', phase: 'outputs', milliseconds: 2000 }],
  [65_200, { kind: 'build-finished', milliseconds: 65_200 }],
]);

export const finishedStory: readonly BuildEvent[] = [...runningStory, ...finish];

export const failedStory: readonly BuildEvent[] = [
  ...runningStory,
  ...at([
    [
      1300,
      {
        kind: 'build-failed',
        failure: {
          kind: 'hook-failed',
          element: 'cloud-init',
          phase: 'install.d',
          script: '60-cloud-init',
          exitStatus: 3,
          lastLines: ['Setting up cloud-init ...', 'no such file: x'],
        },
      },
    ],
  ]),
];

export function at(story: readonly (readonly [number, BuildEventBody])[]): readonly BuildEvent[] {
  return story.map(([after, body]) => ({ at: storyStart + after, ...body }));
}

export type Recorded = {
  readonly options: ReporterOptions;
  readonly written: () => string;
  readonly errors: () => string;
  readonly setTime: (milliseconds: number) => void;
  readonly tick: () => void;
};

/** The world outside, with a clock that stands still until it is told. */
export function recorded(changes: Partial<ReporterOptions> = {}): Recorded {
  let [written, errors, time] = ['', '', storyStart];
  let onTick: () => void = () => undefined;
  const options: ReporterOptions = {
    write: (text) => void (written += text),
    writeError: (text) => void (errors += text),
    columns: () => 60,
    now: () => time,
    timestamps: true,
    color: false,
    trace: 0,
    failure: { logFile: null, resumeCommand: 'disk-image-create -o out vm' },
    repeat: (_milliseconds, tick) => {
      onTick = tick;
      return () => (onTick = () => undefined);
    },
    ...changes,
  };
  return {
    options,
    written: () => written,
    errors: () => errors,
    setTime: (milliseconds) => void (time = milliseconds),
    tick: () => onTick(),
  };
}

/** What a terminal of unlimited height shows after a text: understands line ends, `\r`, cursor up and the two erasures. */
export function screenAfter(text: string): readonly string[] {
  const rows: string[] = [''];
  let [row, column] = [0, 0];
  for (const [token] of text.matchAll(/\u001b\[(\d*)([A-Z])|[^\u001b]/gu)) {
    const current = rows[row] ?? '';
    const up = /^\u001b\[(\d+)A$/.exec(token);
    if (up !== null) row = Math.max(0, row - Number(up[1]));
    else if (token === '\u001b[K') rows[row] = current.slice(0, column);
    else if (token === '\u001b[J') rows.splice(row, rows.length, current.slice(0, column));
    else if (token === '\r') column = 0;
    else if (token === '\n') {
      [row, column] = [row + 1, 0];
      rows[row] ??= '';
    } else if (token.length <= 2) {
      rows[row] = current.slice(0, column).padEnd(column) + token + current.slice(column + 1);
      column += 1;
    } else throw new Error(`a sequence this screen does not know: ${JSON.stringify(token)}`);
  }
  return rows;
}
