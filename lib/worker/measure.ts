// SPDX-License-Identifier: Apache-2.0
import { now } from '../host/clock.ts';
import type { Host } from '../host/host.ts';
import { closeMeter, meter } from '../host/look-closely.ts';
import type { Meter, MeteredCommand, Track } from '../host/meter.ts';
import type { BuildEventBody } from '../model/event.ts';
import type { Usage } from '../model/usage.ts';

/** How a build is measured. */
export type Measuring = {
  readonly meter: Meter;
  readonly track: Track;
  /** For a profile every command and more is told of. */
  readonly isProfiled: boolean;
};

/** Left out: nobody wants to know what things cost. */
type Measured = { readonly measuring?: Measuring };

type Report = (event: BuildEventBody) => void;

export function openMeasuring(isProfiled: boolean, report: Report): Measuring {
  const onCommand = ({ argv, ...command }: MeteredCommand): void =>
    report({ kind: 'command-finished', process: 'worker', argv, ...command });
  return { meter: isProfiled ? closeMeter(onCommand) : meter(), track: null, isProfiled };
}

/** The context for work that goes on beside other work. @param track Names it. */
export function onTrack<Context extends Measured & { readonly host: Host }>(
  context: Context,
  track: string,
): Context {
  const { measuring } = context;
  if (measuring === undefined) return context;
  return { ...context, host: measuring.meter.hostOn(track), measuring: { ...measuring, track } };
}

/** Begins a piece of work. @returns what ends it: the fields of an event that tell what was used. */
export function measure({ measuring }: Measured): () => { readonly usage?: Usage } {
  if (measuring === undefined) return () => ({});
  const end = measuring.meter.begin(measuring.track);
  return () => ({ usage: end() });
}

/** Does what no other event tells of, for the profile. @param title As in `merging the elements`. */
export async function timed<T>(
  { measuring, report }: Measured & { readonly report: Report },
  title: string,
  work: () => Promise<T>,
): Promise<T> {
  if (measuring?.isProfiled !== true) return work();
  const startedAt = now();
  const end = measuring.meter.begin(measuring.track);
  try {
    return await work();
  } finally {
    const times = { startedAt, endedAt: now() };
    const { track } = measuring;
    report({ kind: 'work-finished', process: 'worker', track, title, ...times, usage: end() });
  }
}
