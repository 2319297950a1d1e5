// SPDX-License-Identifier: Apache-2.0

/** Round numbers from 0 up to the first that is not below the greatest value: about `count` of them, evenly spaced. */
export function ticksUpTo(greatest: number, count: number): readonly number[] {
  const step = roundStep((greatest > 0 ? greatest : 1) / count);
  const last = Math.max(1, Math.ceil(greatest / step - 1e-9));
  return Array.from({ length: last + 1 }, (_, index) => Number((index * step).toPrecision(12)));
}

/** The least of 1, 2, 2.5 and 5 times a power of ten that is not below the value. */
function roundStep(value: number): number {
  const power = 10 ** Math.floor(Math.log10(value));
  const factor = [1, 2, 2.5, 5, 10].find((candidate) => candidate * power >= value * (1 - 1e-9)) ?? 10;
  return factor * power;
}
