// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../model/event.ts';
import type { Failure } from '../model/failure.ts';
import { emptyHistory, remember } from './history.ts';
import type { BuildHistory } from './history.ts';
import type { Live } from './live-lines.ts';
import { startLive, updateLive } from './live-lines.ts';

/** How far one of several images has come. */
export type ImageProgress = {
  readonly name: string;
  readonly state: 'to come' | 'building' | 'waiting' | 'done' | 'failed' | 'interrupted';
  readonly history: BuildHistory;
  readonly live: Live;
  /** Milliseconds since the epoch; null: not yet. */
  readonly startedAt: number | null;
  readonly endedAt: number | null;
  readonly failure: Failure | null;
  /** Keys of the layers that it has made, and of those that it has found. */
  readonly made: readonly string[];
  readonly found: readonly string[];
};

/** Several images that are built by one command. */
export type ImageBoard = {
  readonly follow: (name: string, event: BuildEvent) => void;
  /** It could go on, but others of the command are at work. */
  readonly hold: (name: string) => void;
  /** In the order in which they were named. */
  readonly images: () => readonly ImageProgress[];
};

export function createImageBoard(names: readonly string[]): ImageBoard {
  const images = new Map(names.map((name) => [name, notBegun(name)]));
  const of = (name: string): ImageProgress => images.get(name) ?? notBegun(name);
  return {
    follow: (name, event) => void images.set(name, advance(of(name), event)),
    hold: (name) => void images.set(name, { ...of(name), state: 'waiting' }),
    images: () => [...images.values()],
  };
}

const notBegun = (name: string): ImageProgress => ({
  name,
  state: 'to come',
  history: emptyHistory,
  live: startLive,
  startedAt: null,
  endedAt: null,
  failure: null,
  made: [],
  found: [],
});

function advance(image: ImageProgress, event: BuildEvent): ImageProgress {
  return {
    ...image,
    ...endingOf(event),
    ...layersAfter(image, event),
    state: stateAfter(image, event),
    history: remember(image.history, event),
    live: updateLive(image.live, event),
    startedAt: image.startedAt ?? event.at,
  };
}

function stateAfter({ state }: ImageProgress, event: BuildEvent): ImageProgress['state'] {
  if (event.kind === 'build-finished') return 'done';
  if (event.kind === 'build-failed') return event.failure.kind === 'interrupted' ? 'interrupted' : 'failed';
  if (event.kind === 'step-waiting') return 'waiting';
  const goesOn = ['step-started', 'step-reused', 'phase-started'].includes(event.kind);
  return goesOn || state === 'to come' ? 'building' : state;
}

function endingOf(event: BuildEvent): Partial<ImageProgress> {
  if (event.kind === 'build-failed') return { endedAt: event.at, failure: event.failure };
  return event.kind === 'build-finished' ? { endedAt: event.at } : {};
}

function layersAfter({ made, found }: ImageProgress, event: BuildEvent): Partial<ImageProgress> {
  if (event.kind === 'step-finished' && event.key !== undefined) return { made: [...made, event.key] };
  if (event.kind === 'step-reused' && event.key !== undefined) return { found: [...found, event.key] };
  return {};
}
