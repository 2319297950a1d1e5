// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent, FinishedWork } from '../model/event.ts';
import { unreachable } from '../model/unreachable.ts';
import type { Usage } from '../model/usage.ts';
import type { Reporter } from './reporter.ts';
import { createTrace } from './trace.ts';
import type { Place, Trace } from './trace.ts';

/**
 * Writes a build as a trace that Perfetto and chrome://tracing open: what contains what, what goes on at once, and what
 * each part used.
 * @param append Adds one object, JSON text, to the list `traceEvents` of the file.
 */
export function profileReporter(append: (entry: string) => void): Reporter {
  const trace = createTrace(append);
  const state: State = { at: 0, foundSince: 0, startedAt: null, open: new Map() };
  return {
    event: (event) => {
      state.at = Math.max(state.at, event.at);
      follow(trace, state, event);
    },
    close: () => {
      for (const id of [...state.open.keys()].reverse()) end(trace, state, id, { unfinished: true });
      const { startedAt, at } = state;
      if (startedAt !== null)
        trace.span(
          { process: 'command', track: null },
          { name: 'the command', category: 'command', startedAt, endedAt: at },
        );
    },
  };
}

type Arguments = Readonly<Record<string, unknown>>;

type Part = {
  readonly place: Place;
  readonly name: string;
  readonly category: string;
  readonly startedAt: number;
  readonly args: Arguments;
};

type State = {
  /** Of the last event. */
  at: number;
  /** When the search for the next step's layer began. */
  foundSince: number;
  startedAt: number | null;
  /** What has begun and not ended, in that order. */
  readonly open: Map<string, Part>;
};

const mainTrack: Place = { process: 'worker', track: null };

function follow(trace: Trace, state: State, event: BuildEvent): void {
  const { at } = event;
  const begin = (id: string, part: Omit<Part, 'startedAt'>): void =>
    void state.open.set(id, { ...part, startedAt: at });
  switch (event.kind) {
    case 'program-started':
      state.startedAt = at;
      return;
    case 'build-started':
      begin('build', {
        place: mainTrack,
        name: `building ${event.name}`,
        category: 'build',
        args: { isolation: event.isolation },
      });
      return;
    case 'phase-started':
      state.foundSince = at;
      begin(`phase ${event.phase}`, { place: mainTrack, name: event.phase, category: 'phase', args: {} });
      return;
    case 'phase-finished':
      end(trace, state, `phase ${event.phase}`, usageArguments(event.usage));
      return;
    case 'step-started':
      begin(`step ${event.step}`, {
        place: mainTrack,
        name: event.title,
        category: 'hook',
        args: { element: event.element, phase: event.phase, done: 'run' },
      });
      return;
    case 'step-finished':
      end(trace, state, `step ${event.step}`, usageArguments(event.usage));
      state.foundSince = at;
      return;
    case 'step-reused':
      trace.span(mainTrack, {
        name: event.title,
        category: 'hook',
        startedAt: state.foundSince,
        endedAt: at,
        args: { element: event.element, phase: event.phase, done: 'reused' },
      });
      state.foundSince = at;
      return;
    case 'output-started':
      begin(`output ${event.file}`, {
        place: { process: 'worker', track: event.file },
        name: event.format,
        category: 'output',
        args: { file: event.file },
      });
      return;
    case 'output-made': {
      const { bytes, allocatedBytes, isReused, usage } = event;
      const done = isReused ? 'reused' : 'run';
      end(trace, state, `output ${event.file}`, { done, bytes, allocatedBytes, ...usageArguments(usage) });
      return;
    }
    case 'work-finished':
      trace.span(event, {
        ...timesOf(event),
        name: event.title,
        category: 'work',
        args: usageArguments(event.usage),
      });
      return;
    case 'command-finished': {
      const { argv, exitStatus, signal } = event;
      const ending = signal === null ? { exitStatus } : { signal };
      const args = { command: shortened(argv, wholeCommand), ...ending, ...usageArguments(event.usage) };
      trace.span(event, { ...timesOf(event), name: shortened(argv, commandName), category: 'process', args });
      return;
    }
    case 'build-finished':
      end(trace, state, 'build', {});
      return;
    case 'build-failed':
      for (const id of [...state.open.keys()].reverse()) end(trace, state, id, { failed: true });
      return;
    case 'steps-counted':
    case 'step-waiting':
    case 'output':
    case 'note':
    case 'warning':
    case 'terminal':
    case 'circumstance':
      return;
    default:
      return unreachable(event);
  }
}

/** @param args What is known now besides what was known at its beginning. */
function end(trace: Trace, state: State, id: string, args: Arguments): void {
  const part = state.open.get(id);
  if (part === undefined) return;
  state.open.delete(id);
  trace.span(part.place, { ...part, endedAt: state.at, args: { ...part.args, ...args } });
}

const timesOf = ({ startedAt, endedAt }: FinishedWork): Pick<FinishedWork, 'startedAt' | 'endedAt'> => ({
  startedAt,
  endedAt,
});

/** In seconds and bytes, as the viewers show them beside the span. */
function usageArguments(usage: Usage | null | undefined): Arguments {
  if (usage === null || usage === undefined) return {};
  const { userMilliseconds, systemMilliseconds, transfer, peakMemoryBytes, isShared } = usage;
  return {
    cpuUserSeconds: seconds(userMilliseconds),
    cpuSystemSeconds: seconds(systemMilliseconds),
    ...(transfer === null
      ? {}
      : {
          bytesRead: transfer.read,
          bytesWritten: transfer.written,
          bytesReadFromStorage: transfer.storageRead,
          bytesWrittenToStorage: transfer.storageWritten,
        }),
    ...(peakMemoryBytes === null ? {} : { peakMemoryBytes }),
    ...(isShared ? { shared: true } : {}),
  };
}

const seconds = (milliseconds: number): number => Math.round(milliseconds * 1000) / 1_000_000;

type Room = { readonly word: number; readonly all: number };

const commandName: Room = { word: 28, all: 64 };
const wholeCommand: Room = { word: 160, all: 600 };

/** A command in little room: of a long path its end tells more than its beginning. */
function shortened([program = '', ...words]: readonly string[], { word, all }: Room): string {
  const name = program.slice(program.lastIndexOf('/') + 1);
  const text = [name, ...words.map((each) => shortWord(each, word))].join(' ');
  return text.length <= all ? text : `${text.slice(0, all - 1)}…`;
}

function shortWord(word: string, room: number): string {
  if (word.length <= room) return word;
  return word.startsWith('/') ? `…${word.slice(1 - room)}` : `${word.slice(0, room - 1)}…`;
}
