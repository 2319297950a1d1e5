// SPDX-License-Identifier: Apache-2.0
/** Ends a switch over a closed union: the compiler objects when a member was forgotten. */
export function unreachable(value: never): never {
  throw new Error(`unexpected value: ${JSON.stringify(value)}`);
}
