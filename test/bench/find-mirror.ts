// SPDX-License-Identifier: Apache-2.0

/** A file of apt's sources: its name says which of the two formats it has. */
export type SourcesFile = { readonly name: string; readonly text: string };

/** Address of the first repository of a host that has packages of the suite in the component `main`; null without one. */
export function findMirror(files: readonly SourcesFile[], suite: string): string | null {
  const repositories = files.flatMap(({ name, text }) =>
    name.endsWith('.sources') ? readStanzas(text) : readLines(text),
  );
  const match = repositories.find(
    ({ suites, components }) => suites.includes(suite) && components.includes('main'),
  );
  return match?.address ?? null;
}

type Repository = {
  readonly address: string;
  readonly suites: readonly string[];
  readonly components: readonly string[];
};

/** `deb [options] ADDRESS SUITE COMPONENT…` */
function readLines(text: string): readonly Repository[] {
  return text.split('\n').flatMap((line) => {
    const match = /^deb\s+(?:\[[^\]]*\]\s*)?(\S+)\s+(\S+)\s+(.*)$/.exec(line);
    const [, address, suite, components] = match ?? [];
    if (address === undefined || suite === undefined || components === undefined) return [];
    return [{ address, suites: [suite], components: words(components) }];
  });
}

/** Stanzas of `Field: value`, whose continuation lines begin with a blank. */
function readStanzas(text: string): readonly Repository[] {
  return text.split(/\n\s*\n/).flatMap((stanza) => {
    const fields = new Map<string, string>();
    for (const [, name = '', value = ''] of stanza.matchAll(/^([A-Za-z-]+):(.*(?:\n[ \t].*)*)/gm))
      fields.set(name.toLowerCase(), value);
    const list = (name: string): readonly string[] => words(fields.get(name) ?? '');
    if (!list('types').includes('deb') || list('enabled')[0] === 'no') return [];
    return list('uris').map((address) => ({
      address,
      suites: list('suites'),
      components: list('components'),
    }));
  });
}

const words = (text: string): readonly string[] => text.split(/\s+/).filter((word) => word !== '');
