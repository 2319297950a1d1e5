// SPDX-License-Identifier: Apache-2.0
import type { ElementName, HostPath } from '../model/brands.ts';

export type NamedDirectory = { readonly name: ElementName; readonly directory: HostPath };

/** The text of IMAGE_ELEMENT. */
export const elementNames = (elements: readonly NamedDirectory[]): string =>
  elements.map(({ name }) => name).join(' ');

/** The text of IMAGE_ELEMENT_YAML: JSON on one line is YAML too. */
export const elementDirectories = (elements: readonly NamedDirectory[]): string =>
  JSON.stringify(Object.fromEntries(elements.map(({ name, directory }) => [name, directory])));

/** The body of the bash function get_image_element_array, whose output fills an associative array. */
export function elementArrayBody(elements: readonly NamedDirectory[]): string {
  const entries = elements.map(({ name, directory }) => `[${name}]=${directory}`).join(' ');
  return `{  echo "${entries.replaceAll(/["\\$`]/g, String.raw`\$&`)}"; }`;
}

/** What `element-info --env` prints: bash that tells a script of the set, for `eval`. */
export const setInShell = (elements: readonly NamedDirectory[]): string =>
  [
    `export IMAGE_ELEMENT=${quoted(elementNames(elements))}`,
    `export IMAGE_ELEMENT_YAML=${quoted(elementDirectories(elements))}`,
    `function get_image_element_array ${elementArrayBody(elements)}`,
    'export -f get_image_element_array',
    '',
  ].join('\n');

const quoted = (text: string): string => `'${text.replaceAll("'", String.raw`'\''`)}'`;
