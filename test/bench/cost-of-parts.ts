// SPDX-License-Identifier: Apache-2.0
import type { BuildEvent } from '../../lib/model/event.ts';

/** The parts of a build in the order of the table; what a hook belongs to is told by its name. */
export const parts = [
  { name: 'bootstrap', hooks: /^root\.d\/\d+-debootstrap$/, phase: null },
  {
    name: 'packages',
    hooks: /(package-installs|package-uninstalls|up-to-date|apt-get-update)$|^install-packages/,
    phase: null,
  },
  { name: 'initramfs', hooks: /initramfs$/, phase: null },
  { name: 'boot loader', hooks: /bootloader$/, phase: null },
  { name: 'other hooks', hooks: /(?:)/, phase: null },
  { name: 'disk', hooks: null, phase: 'disk' },
  { name: 'output', hooks: null, phase: 'outputs' },
] as const;

type PartName = (typeof parts)[number]['name'] | 'overhead';

/** Seconds of each part; `overhead` is the rest: start, planning, mounts, keys, cleaning up. */
export type PartCosts = Readonly<Record<PartName, number>>;

export function costOfParts(events: readonly BuildEvent[], wallSeconds: number): PartCosts {
  const costs: Record<string, number> = Object.fromEntries(parts.map(({ name }) => [name, 0]));
  for (const event of events) {
    const part = partOf(event);
    if (part === undefined || !('milliseconds' in event)) continue;
    costs[part] = (costs[part] ?? 0) + event.milliseconds / 1000;
  }
  const known = Object.values(costs).reduce((sum, seconds) => sum + seconds, 0);
  return { ...costs, overhead: wallSeconds - known } as PartCosts;
}

function partOf(event: BuildEvent): string | undefined {
  if (event.kind === 'phase-finished') return parts.find(({ phase }) => phase === event.phase)?.name;
  if (event.kind === 'step-finished') return parts.find(({ hooks }) => hooks?.test(event.title))?.name;
  return undefined;
}
