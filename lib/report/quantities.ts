// SPDX-License-Identifier: Apache-2.0
import { GiB, KiB, MiB } from '../model/brands.ts';

/** A span for people: `0.4 s`, `1m 02s`, `2h 03m 04s`. */
export function formatSpan(milliseconds: number): string {
  if (milliseconds < 59_950) return `${(Math.max(0, milliseconds) / 1000).toFixed(1)} s`;
  const seconds = Math.round(milliseconds / 1000);
  const two = (count: number): string => String(count).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  const rest = `${two(seconds % 60)}s`;
  return hours > 0 ? `${hours}h ${two(minutes)}m ${rest}` : `${minutes}m ${rest}`;
}

/** A size for people: `512 B`, `1.5 KiB`, `312.4 MiB`. */
export function formatBytes(count: number): string {
  if (count >= GiB) return `${(count / GiB).toFixed(2)} GiB`;
  if (count >= MiB) return `${(count / MiB).toFixed(1)} MiB`;
  if (count >= KiB) return `${(count / KiB).toFixed(1)} KiB`;
  return `${count} B`;
}

/** `YYYY-MM-DD HH:MM:SS.mmm` in UTC: the stamp of contract §1.6. */
export function formatInstant(milliseconds: number): string {
  return new Date(milliseconds).toISOString().replace('T', ' ').replace('Z', '');
}

/** `1 hook`, `2 hooks`. */
export const countOf = (count: number, noun: string): string => `${count} ${noun}${count === 1 ? '' : 's'}`;
