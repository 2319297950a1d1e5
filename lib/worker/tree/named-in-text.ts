// SPDX-License-Identifier: Apache-2.0

/** What a text says of variables and of the machine, prepared to be asked often. */
export type Naming = {
  readonly text: string;
  readonly words: ReadonlySet<string>;
  /** It goes through all variables that there are. */
  readonly namesAll: boolean;
  /** Beginnings and ends of names that it puts together while it runs. */
  readonly beginnings: readonly string[];
  readonly ends: readonly string[];
};

export function namingOf(text: string): Naming {
  const code = text.replaceAll(/^\s*#.*$/gm, '');
  const found = indirection.test(code) ? [...code.matchAll(fragment)].map(({ groups }) => groups ?? {}) : [];
  return {
    text: code,
    words: new Set([...(code.match(/\w+/g) ?? []), ...(code.match(/\w[\w-]*-[\w-]*/g) ?? [])]),
    namesAll: enumerations.some((pattern) => pattern.test(code)),
    beginnings: found.flatMap(({ beginning, prefix }) => beginning ?? prefix ?? []),
    ends: found.flatMap(({ end }) => end ?? []),
  };
}

/** What several texts say together. */
export const joinedNamings = (namings: readonly Naming[]): Naming => ({
  text: namings.map(({ text }) => text).join('\n'),
  words: new Set(namings.flatMap(({ words }) => [...words])),
  namesAll: namings.some(({ namesAll }) => namesAll),
  beginnings: namings.flatMap(({ beginnings }) => beginnings),
  ends: namings.flatMap(({ ends }) => ends),
});

/** Whether a hook with such a text can know of the variable: by its name, by a part of it, or by asking for all. */
export function canKnowOf(naming: Naming, name: string): boolean {
  if (naming.namesAll || [name, ...(readBy[name] ?? [])].some((word) => naming.words.has(word))) return true;
  return (
    naming.beginnings.some((beginning) => name.startsWith(beginning)) ||
    naming.ends.some((end) => name.endsWith(end))
  );
}

/** Whether the value is asked for, as `$NAME` or in quotes: for names that are words of other things too. */
export function isAskedFor({ text, words, namesAll }: Naming, name: string): boolean {
  if (namesAll) return true;
  if (name === 'HOME' && tilde.test(text)) return true;
  if (name === 'PWD' && words.has('pwd')) return true;
  return words.has(name) && new RegExp(`(\\$\\{?[!#]?|["']|-v |printenv )${name}(?!\\w)`).test(text);
}

const tilde = /(^|[\s:"'=])~(\/[\w."'$]|[;)]|$)/m;

/** Commands and functions that read variables for the hook that calls them. */
const readBy: Readonly<Record<string, readonly string[]>> = {
  DIB_BLOCK_DEVICE_PARAMS_YAML: ['dib-block-device'],
  ELEMENTS_PATH: ['element-info', 'package-installs-squash', 'svc-map-merge'],
  IMAGE_ELEMENT: ['package-installs-squash', 'svc-map-merge'],
  IMAGE_ELEMENT_YAML: ['get_image_element_array', 'svc-map-merge'],
  'BASH_FUNC_get_image_element_array%%': ['get_image_element_array'],
};

/** Shell, where a command may stand, and Python that print the environment or walk through it. */
const enumerations = [
  /(?:^|[;|&(`]|\b(?:then|do|else|exec|command|sudo)\s)[ \t]*(?:\/usr\/bin\/)?(?:env|env -0|printenv|printenv -0|export|export -p|set|(?:declare|typeset) -[a-zA-Z]*[px][a-zA-Z]*|compgen -[a-z]*[ev]|envsubst)[ \t]*(?:$|[|>;)&`<])/m,
  /\/environ\b/,
  /\benviron\b(?!\s*(\[|\.(get|pop|setdefault)\()\s*["'])/,
];

const indirection = /\$\{![A-Za-z_]|\b(eval|printenv|environ|getenv)\b|\b(declare|local|typeset) -n/;

/** `DIB_BOOT_$what`, `${what}_LABEL`, `${!DIB_BOOT_@}`. */
const fragment =
  /(?<![\w$])(?<beginning>[A-Za-z]\w*_)["']?\$|\$(?:\{[^}]*\}["']?|\w+["'])(?<end>_[A-Za-z]\w*)|\$\{!(?<prefix>\w+)[@*]\}/g;
