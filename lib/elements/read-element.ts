// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { basename } from 'node:path';

import { compareBytes } from '../model/hook-order.ts';
import type { ElementName, HostPath } from '../model/brands.ts';
import { elementName } from '../model/brands.ts';
import type { Element, ElementFile } from '../model/element.ts';
import type { Problem } from '../model/problem.ts';
import type { FileEntry } from './element-files.ts';
import { noSettings, readElementSettings } from './element-settings.ts';

/** An element with the texts that planning looks into. */
export type LoadedElement = {
  readonly element: Element;
  /** Path in the element → text, for every file at most two levels deep. */
  readonly texts: ReadonlyMap<string, string>;
  /** What is wrong with it, of interest only when it is built. */
  readonly problems: readonly Problem[];
};

/** Turns the entries below an element's directory into the element. */
export function readElement(directory: HostPath, unsorted: readonly FileEntry[]): LoadedElement {
  const entries = [...unsorted].sort((a, b) => compareBytes(a.path, b.path));
  const near = entries.filter(({ path }) => path.split('/').length <= 2);
  const texts = textsOf(near);
  const settings = readElementSettings(texts.get('element.yaml') ?? '', `${directory}/element.yaml`);
  return {
    element: {
      name: elementName(basename(directory)),
      directory,
      dependsOn: namesIn(texts.get('element-deps')),
      provides: namesIn(texts.get('element-provides')),
      files: near.map(elementFile),
      digest: digestOf(entries),
      settings: settings.ok ? settings.value : noSettings,
    },
    texts,
    problems: settings.ok ? [] : settings.problems,
  };
}

function textsOf(entries: readonly FileEntry[]): ReadonlyMap<string, string> {
  const files = entries.filter(({ kind }) => kind === 'file');
  return new Map(files.map(({ path, content }) => [path, Buffer.from(content).toString('utf8')]));
}

/** One name a line; what follows `#` is a comment. */
function namesIn(text: string | undefined): readonly ElementName[] {
  const names = (text ?? '').split('\n').map((line) => line.replace(/#.*/, '').trim());
  return [...new Set(names.filter((name) => name !== ''))].map(elementName);
}

const elementFile = ({ path, kind, mode }: FileEntry): ElementFile => ({
  path,
  kind,
  executable: (mode & 0o111) !== 0,
});

/** What tests an element is no part of what it does to an image. */
const isOfTests = ({ path }: FileEntry): boolean => /^(test|tests|test-elements)(\/|$)/.test(path);

function digestOf(entries: readonly FileEntry[]): string {
  const hash = createHash('sha256');
  for (const { path, kind, mode, link, content } of entries.filter((entry) => !isOfTests(entry))) {
    hash.update(JSON.stringify([path, kind, mode, link, content.length]));
    hash.update(content);
  }
  return hash.digest('hex');
}
