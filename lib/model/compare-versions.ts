// SPDX-License-Identifier: Apache-2.0

/** The order of `ls -v`: numbers count as numbers, `~` comes before everything, letters before other characters. */
export function compareVersions(a: string, b: string): number {
  const [partsOfA, partsOfB] = [partsOf(a), partsOf(b)];
  for (let index = 0; index < Math.max(partsOfA.length, partsOfB.length); index++) {
    const order = compareParts(partsOfA[index], partsOfB[index]);
    if (order !== 0) return order;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}

/** The last in that order. */
export const newest = (names: readonly string[]): string | undefined =>
  [...names].sort(compareVersions).at(-1);

/** Runs of other characters and numbers by turns, the first a run of others, be it empty. */
type Part = { readonly text: string; readonly number: bigint };

const partsOf = (name: string): readonly Part[] =>
  [...name.matchAll(/(\D*)(\d*)/g)]
    .filter(([whole]) => whole !== '')
    .map(([, text = '', digits]) => ({ text, number: BigInt(digits || '0') }));

const nothing: Part = { text: '', number: 0n };

function compareParts(a = nothing, b = nothing): number {
  for (let index = 0; index < Math.max(a.text.length, b.text.length); index++) {
    const order = weight(a.text[index]) - weight(b.text[index]);
    if (order !== 0) return order;
  }
  return a.number < b.number ? -1 : a.number > b.number ? 1 : 0;
}

/** The end of a run of characters counts as 0. */
function weight(character: string | undefined): number {
  if (character === undefined) return 0;
  if (character === '~') return -1;
  const code = character.charCodeAt(0);
  return /[a-z]/i.test(character) ? code : code + 256;
}
