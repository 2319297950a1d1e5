// SPDX-License-Identifier: Apache-2.0

/** Milliseconds since the epoch, to the microsecond. Never goes back, whatever is done to the clock of the machine. */
export const now = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000) / 1000;
