// SPDX-License-Identifier: Apache-2.0
/** The phases of a build in the order they run. Source: dib-contract §2.1. */
export const phases = [
  { name: 'block-device-size.d', runsIn: 'host', cached: false, hasTree: false },
  { name: 'root.d', runsIn: 'host', cached: true, hasTree: true },
  { name: 'extra-data.d', runsIn: 'host', cached: false, hasTree: true },
  { name: 'pre-install.d', runsIn: 'target', cached: true, hasTree: true },
  { name: 'install.d', runsIn: 'target', cached: true, hasTree: true },
  { name: 'post-install.d', runsIn: 'target', cached: true, hasTree: true },
  { name: 'post-root.d', runsIn: 'host', cached: false, hasTree: true },
  { name: 'block-device.d', runsIn: 'host', cached: false, hasTree: false },
  { name: 'pre-finalise.d', runsIn: 'host', cached: false, hasTree: true },
  { name: 'finalise.d', runsIn: 'target', cached: true, hasTree: true },
  { name: 'first-boot.d', runsIn: 'guest', cached: true, hasTree: true },
  { name: 'cleanup.d', runsIn: 'host', cached: false, hasTree: true },
  { name: 'ramdisk-install.d', runsIn: 'target', cached: false, hasTree: true },
] as const satisfies readonly PhaseRow[];

type PhaseRow = {
  readonly name: string;
  /**
   * `host`: as the worker sees the machine; `target`: in a chroot of the tree; `guest`: not in the build, which only
   * copies it in, but in the system that boots from the image.
   */
  readonly runsIn: 'host' | 'target' | 'guest';
  /** Whether a hook of the phase may be answered from the store. Hooks that may touch anything always run. */
  readonly cached: boolean;
  readonly hasTree: boolean;
};

export type Phase = (typeof phases)[number];
export type PhaseName = Phase['name'];

export const phaseNames: readonly PhaseName[] = phases.map((phase) => phase.name);

/** Those that run when the disk is there, where hooks need it as a device; all others run before. */
export const phasesOnDisk: readonly PhaseName[] = [
  'block-device.d',
  'pre-finalise.d',
  'finalise.d',
  'first-boot.d',
  'cleanup.d',
];

/** Those that run on what a RAM disk is to hold, whenever one is made: what they do to the tree is lost. */
export const phasesOfRamdisk: readonly PhaseName[] = ['ramdisk-install.d'];

/** Those whose hooks have a tree to work on that stays. */
export const phasesOfTree: readonly Phase[] = phases.filter(
  ({ name, hasTree }) => hasTree && !phasesOfRamdisk.includes(name),
);

export const isPhaseName = (name: string): name is PhaseName =>
  (phaseNames as readonly string[]).includes(name);

/** @throws Error when the name is no phase: callers hold a PhaseName, so it is a bug. */
export function phaseNamed(name: PhaseName): Phase {
  const found = phases.find((phase) => phase.name === name);
  if (found === undefined) throw new Error(`no phase is named ${name}`);
  return found;
}

/** Whether hooks of the phase may be answered from the store; false for a name that is no phase. */
export const isCachedPhase = (name: string): boolean => isPhaseName(name) && phaseNamed(name).cached;
