// SPDX-License-Identifier: Apache-2.0
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { LocatedValue, NodePath } from '../yaml/located-yaml.ts';
import { locationOf, parseYaml, problemAt } from '../yaml/located-yaml.ts';
import type { Property, Vocabulary } from './image-properties.ts';
import { imageProperties } from './image-properties.ts';
import { describeValue, isMap } from './shapes.ts';

/** An image as files describe it: what to give the program that makes it. */
export type DefinedImage = {
  readonly name: string;
  readonly program: 'disk-image-create' | 'ramdisk-image-create';
  readonly words: readonly string[];
  /** Variables to set, besides those around. */
  readonly environment: Readonly<Record<string, string>>;
  /** Where it is first named. */
  readonly location: NonNullable<Problem['location']>;
};

export type DefinitionFile = { readonly path: string; readonly text: string };

/**
 * Reads files that each hold a list of images. Entries of the same `imagename` are one image, across files too: lists
 * and maps add up, of anything else the last one counts. An entry without a name goes on with the one before it.
 * Every mistake is a problem with its place.
 */
export function readImageList(
  files: readonly DefinitionFile[],
  vocabulary: Vocabulary,
): Result<readonly DefinedImage[]> {
  const problems: Problem[] = [];
  const properties: Properties = imageProperties(vocabulary);
  const entries = files.flatMap((file) => readFile(file, { properties, problems }));
  const images = merge(entries, properties);
  if (problems.length > 0) return failed(...problems);
  if (images.length === 0) return failed(nothingIn(files));
  return success(images.map((image) => toDefinedImage(image, properties)));
}

type Properties = Readonly<Record<string, Property<unknown>>>;
type Reading = { readonly properties: Properties; readonly problems: Problem[] };

/** What one entry says, as far as it is right. */
type Entry = {
  readonly values: ReadonlyMap<string, unknown>;
  readonly document: LocatedValue;
  readonly index: number;
};

type Image = {
  readonly name: string;
  readonly values: Map<string, unknown>;
  readonly entries: Entry[];
};

function readFile({ path, text }: DefinitionFile, reading: Reading): readonly Entry[] {
  const parsed = parseYaml(text, path);
  if (!parsed.ok) {
    reading.problems.push(...parsed.problems);
    return [];
  }
  const document = parsed.value;
  if (document.value === null) return [];
  if (!Array.isArray(document.value)) {
    const message = `${describeValue(document.value)} is not a list of images`;
    const hints = ['begin each image with "- imagename: NAME"'];
    reading.problems.push(problemAt(document, [], { message, hints }));
    return [];
  }
  return document.value.map((entry: unknown, index) => readEntry(entry, { document, index }, reading));
}

function readEntry(entry: unknown, place: Omit<Entry, 'values'>, { properties, problems }: Reading): Entry {
  const { document, index } = place;
  const values = new Map<string, unknown>();
  const tell = (path: NodePath, message: string, hints: readonly string[]): void =>
    void problems.push(problemAt(document, [index, ...path], { message, hints }));
  if (!isMap(entry)) {
    tell([], `${describeValue(entry)} is not an image`, [
      'describe it by properties, as in "imagename: NAME"',
    ]);
    return { values, ...place };
  }
  for (const [name, value] of Object.entries(entry)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (property === undefined) {
      tell([name], `unknown property ${name}`, hintsFor(name, properties));
      continue;
    }
    const known = property.shape.read(value, (path, wrong, ...hints) =>
      tell(
        [name, ...path],
        `${[name, ...path.filter((part) => typeof part === 'string')].join(': ')}: ${wrong}`,
        hints,
      ),
    );
    if (known !== null) values.set(name, known);
  }
  return { values, ...place };
}

function hintsFor(name: string, properties: Properties): readonly string[] {
  const names = Object.keys(properties);
  const near = didYouMean(name, names);
  return near.length > 0 ? near : [`the properties are ${names.join(', ')}`];
}

const FIRST_NAME = 'image';

function merge(entries: readonly Entry[], properties: Properties): readonly Image[] {
  const images = new Map<string, Image>();
  let name = FIRST_NAME;
  for (const entry of entries) {
    const named = entry.values.get('imagename');
    name = typeof named === 'string' ? named : name;
    const image = images.get(name) ?? { name, values: new Map([['imagename', name]]), entries: [] };
    images.set(name, image);
    image.entries.push(entry);
    for (const [property, value] of entry.values) {
      const before = image.values.get(property);
      const merged = before === undefined ? value : properties[property]?.shape.merge(before, value);
      image.values.set(property, merged);
    }
  }
  return [...images.values()];
}

function nothingIn(files: readonly DefinitionFile[]): Problem {
  return {
    message: `no image is described in ${files.map(({ path }) => path).join(', ')}`,
    hints: ['a file is a list of images; begin each with "- imagename: NAME"'],
  };
}

function toDefinedImage({ name, values, entries }: Image, properties: Properties): DefinedImage {
  const words = Object.entries(properties).flatMap(([property, entry]) =>
    values.has(property) ? entry.words(values.get(property)) : [],
  );
  const environment = (values.get('environment') ?? {}) as DefinedImage['environment'];
  const [first] = entries;
  const location = first === undefined ? { path: '' } : locationOf(first.document, [first.index]);
  const program = values.get('ramdisk') === true ? 'ramdisk-image-create' : 'disk-image-create';
  return { name, program, words, environment, location };
}
