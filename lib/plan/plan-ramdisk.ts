// SPDX-License-Identifier: Apache-2.0
import type { LoadedElement } from '../elements/read-element.ts';
import type { Hook } from '../model/element.ts';
import { compareHookNames } from '../model/hook-order.ts';
import { phasesOfRamdisk } from '../model/phases.ts';
import type { PlannedOutput, PlannedRamdisk, RamdiskWords } from '../model/plan.ts';
import { programWords } from '../ramdisk/find-programs.ts';
import { initFragments } from '../ramdisk/init-fragments.ts';
import { addsModules, moduleWords } from '../ramdisk/select-modules.ts';

export type RamdiskParts = {
  readonly outputs: readonly PlannedOutput[];
  readonly hooks: readonly Hook[];
  readonly environment: Readonly<Record<string, string>>;
};

/** What elements ask for in a RAM disk, as far as it is known before hooks have written more; null when none is made. */
export function planRamdisk(
  elements: readonly LoadedElement[],
  { outputs, hooks, environment }: RamdiskParts,
): PlannedRamdisk | null {
  if (!outputs.some(({ recipe }) => recipe.kind === 'initramfs')) return null;
  const texts = textsOf(elements);
  return {
    programs: wordsIn(ofKind(texts, 'binary-deps'), programWords),
    modules: plannedModules(texts, environment['DIB_RAMDISK_MODULES'] ?? ''),
    fragments: initFragments(texts).map(({ element, path }) => ({ element, path })),
    rules: [...ofKind(texts, 'udev'), ...texts.filter(({ path }) => /^udev\/[^.]/.test(path))].map(
      ({ element, path }) => ({ element, path }),
    ),
    hooks: hooks
      .filter(({ phase }) => phasesOfRamdisk.includes(phase))
      .map(({ element, script }) => ({ element, script })),
  };
}

type ElementText = { readonly element: string; readonly path: string; readonly text: string };

const textsOf = (elements: readonly LoadedElement[]): readonly ElementText[] =>
  elements.flatMap(({ element, texts }) =>
    [...texts].map(([path, text]) => ({ element: element.name, path, text })),
  );

/** The files of `KIND.d` in the order of hooks, of two flavours the later one's, and the flat ones after them. */
function ofKind(texts: readonly ElementText[], kind: string): readonly ElementText[] {
  const inDirectory = texts.filter(({ path }) => path.startsWith(`${kind}.d/`) && !path.includes('/.'));
  const merged = new Map(inDirectory.map((text) => [text.path, text]));
  const sorted = [...merged.values()].sort((a, b) => compareHookNames(nameOf(a), nameOf(b)));
  return [...sorted, ...texts.filter(({ path }) => path === kind)];
}

const nameOf = ({ path }: ElementText): string => path.slice(path.indexOf('/') + 1);

const wordsIn = (
  texts: readonly ElementText[],
  read: (text: string) => readonly string[],
): readonly RamdiskWords[] =>
  texts
    .map(({ element, text }) => ({ wantedBy: element, words: read(text) }))
    .filter(({ words }) => words.length > 0);

function plannedModules(texts: readonly ElementText[], own: string): readonly RamdiskWords[] {
  const ofUser = { element: 'DIB_RAMDISK_MODULES', path: '', text: own };
  const wanted = wordsIn([...ofKind(texts, 'modules'), ofUser], moduleWords);
  const isAdding = addsModules(wanted.flatMap(({ words }) => words));
  return isAdding ? wanted : [{ wantedBy: 'default', words: ['all'] }, ...wanted];
}
