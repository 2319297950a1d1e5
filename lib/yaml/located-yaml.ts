// SPDX-License-Identifier: Apache-2.0
import { isAlias, isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml';
import type { CollectionTag, Document, Node, ScalarTag, Tags } from 'yaml';

import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';

/** Plain data read from a YAML or JSON text, with the place of each part of it. */
export type LocatedValue = {
  /** The file, or what else the text came from, as problems name it. */
  readonly path: string;
  /** Maps become objects, sequences arrays; an empty text is null. */
  readonly value: unknown;
  readonly lines: readonly string[];
  readonly places: ReadonlyMap<string, Place>;
};

/** Keys and indexes that lead from the top of a document to a part of it. */
export type NodePath = readonly (string | number)[];

/** Lines and columns count from 1. For an entry of a map, the place of its key. */
export type Place = { readonly line: number; readonly column: number };

/**
 * Reads YAML as the Python tools of this field do, that is by the rules of 1.1 (`yes` is true, `<<` merges), except
 * that dates stay text. JSON is read as the YAML it is. Every syntax error is a problem with its place.
 */
export function parseYaml(text: string, path: string): Result<LocatedValue> {
  const lineCounter = new LineCounter();
  const document = parseDocument(text, {
    version: '1.1',
    lineCounter,
    prettyErrors: false,
    logLevel: 'error',
    customTags: (tags) => tags.flatMap(tagAsInPython),
  });
  const lines = text.split(/\r?\n/);
  if (document.errors.length > 0) {
    return failed(
      ...document.errors.map(({ message, pos }) => {
        const { line, col } = lineCounter.linePos(pos[0]);
        return problemIn(path, lines, { line, column: col }, firstLine(message));
      }),
    );
  }
  const places = new Map<string, Place>();
  collectPlaces(document, lineCounter, places);
  return plainValue(document, path, lines, places);
}

/** A problem at a part of the document; for a part that is missing, at the nearest one around it. */
export function problemAt(
  document: LocatedValue,
  nodePath: NodePath,
  problem: Omit<Problem, 'location'>,
): Problem {
  return { ...problem, location: locationOf(document, nodePath) };
}

/** Where a part of the document stands, or, when it is missing, the nearest part around it. */
export function locationOf(document: LocatedValue, nodePath: NodePath): NonNullable<Problem['location']> {
  for (let length = nodePath.length; length >= 0; length--) {
    const place = document.places.get(placeKey(nodePath.slice(0, length)));
    if (place !== undefined) return locationIn(document.path, document.lines, place);
  }
  return { path: document.path };
}

/** Of the rules of 1.1, dates are left out, and `y` and `n` are words: Python's reader has them so. */
function tagAsInPython(tag: Tags[number]): Tags {
  if (typeof tag === 'string') return tag === 'timestamp' ? [] : [tag];
  if (tag.tag === 'tag:yaml.org,2002:timestamp') return [];
  if (tag.tag !== 'tag:yaml.org,2002:bool' || !isScalarTag(tag)) return [tag];
  const words = tag.test.test('yes')
    ? 'yes|Yes|YES|true|True|TRUE|on|On|ON'
    : 'no|No|NO|false|False|FALSE|off|Off|OFF';
  return [{ ...tag, test: new RegExp(`^(?:${words})$`) }];
}

const isScalarTag = (tag: ScalarTag | CollectionTag): tag is ScalarTag & { readonly test: RegExp } =>
  'test' in tag && tag.test instanceof RegExp;

function plainValue(
  document: Document,
  path: string,
  lines: readonly string[],
  places: ReadonlyMap<string, Place>,
): Result<LocatedValue> {
  try {
    return success({ path, value: document.toJS() as unknown, lines, places });
  } catch (error) {
    return failed({ message: error instanceof Error ? error.message : String(error), location: { path } });
  }
}

function collectPlaces(document: Document, lineCounter: LineCounter, places: Map<string, Place>): void {
  const note = (node: unknown, nodePath: NodePath): void => {
    const offset = (node as Node | null)?.range?.[0];
    if (offset === undefined) return;
    const { line, col } = lineCounter.linePos(offset);
    places.set(placeKey(nodePath), { line, column: col });
  };
  const visit = (node: unknown, nodePath: NodePath): void => {
    const target = isAlias(node) ? node.resolve(document) : node;
    if (isMap(target)) {
      for (const { key, value } of target.items) {
        const entryPath = [...nodePath, keyText(key)];
        visit(value, entryPath);
        note(key, entryPath);
      }
    } else if (isSeq(target)) {
      target.items.forEach((item, index) => {
        const entryPath = [...nodePath, index];
        visit(item, entryPath);
        note(item, entryPath);
      });
    }
  };
  note(document.contents, []);
  visit(document.contents, []);
}

const keyText = (key: unknown): string => (isScalar(key) ? String(key.value) : String(key));
const placeKey = (nodePath: NodePath): string => JSON.stringify(nodePath.map(String));
const firstLine = (text: string): string => text.split('\n', 1)[0]?.replace(/[:.]$/, '') ?? text;

function problemIn(path: string, lines: readonly string[], place: Place, message: string): Problem {
  return { message, location: locationIn(path, lines, place) };
}

function locationIn(path: string, lines: readonly string[], place: Place): NonNullable<Problem['location']> {
  const text = lines[place.line - 1];
  return { path, ...place, ...(text === undefined ? {} : { text }) };
}
