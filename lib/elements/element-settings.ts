// SPDX-License-Identifier: Apache-2.0
import type { ElementSettings } from '../model/element.ts';
import { didYouMean } from '../model/nearest-name.ts';
import type { PhaseName } from '../model/phases.ts';
import { isPhaseName, phaseNames } from '../model/phases.ts';
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { LocatedValue } from '../yaml/located-yaml.ts';
import { parseYaml, problemAt } from '../yaml/located-yaml.ts';

export const noSettings: ElementSettings = { needs: {}, neverCached: [], outputs: [] };

/** Reads `element.yaml`: `needs: {program: reason}`, `cache: {PHASE.d: never}`, `outputs: [FORMAT]` and `test: {alone: true}`. Every problem has its place. */
export function readElementSettings(text: string, path: string): Result<ElementSettings> {
  const parsed = parseYaml(text, path);
  if (!parsed.ok) return parsed;
  const document = parsed.value;
  if (document.value === null) return success(noSettings);
  if (!isMap(document.value)) {
    return failed(problemAt(document, [], { message: 'element.yaml must be a map of settings' }));
  }
  const needs = readNeeds(document, document.value['needs']);
  const neverCached = readCache(document, document.value['cache']);
  const outputs = readOutputs(document, document.value['outputs']);
  const testedAlone = readTest(document, document.value['test']);
  const parts = [needs, neverCached, outputs, testedAlone];
  const problems = [
    ...unknownKeys(document, document.value),
    ...parts.flatMap(({ problems: ofPart }) => ofPart),
  ];
  if (problems.length > 0) return failed(...problems);
  return success({
    needs: needs.value,
    neverCached: neverCached.value,
    outputs: outputs.value,
    ...(testedAlone.value ? { testedAlone: true } : {}),
  });
}

type Read<T> = { readonly value: T; readonly problems: readonly Problem[] };

const knownKeys = ['needs', 'cache', 'outputs', 'test'];

function unknownKeys(document: LocatedValue, settings: object): readonly Problem[] {
  return Object.keys(settings)
    .filter((key) => !knownKeys.includes(key))
    .map((key) =>
      problemAt(document, [key], {
        message: `element.yaml has no setting \`${key}\``,
        hints: [...didYouMean(key, knownKeys), `the settings are ${knownKeys.join(', ')}`],
      }),
    );
}

function readNeeds(document: LocatedValue, value: unknown): Read<Readonly<Record<string, string>>> {
  if (value === undefined || value === null) return { value: {}, problems: [] };
  if (!isMap(value)) {
    const message = '`needs` must map the name of each host program to the reason it is needed';
    return { value: {}, problems: [problemAt(document, ['needs'], { message })] };
  }
  const entries = Object.entries(value);
  const problems = entries
    .filter(([, reason]) => typeof reason !== 'string' || reason === '')
    .map(([program]) =>
      problemAt(document, ['needs', program], { message: `\`needs\` gives no reason for \`${program}\`` }),
    );
  return { value: Object.fromEntries(entries.map(([key, reason]) => [key, String(reason)])), problems };
}

function readCache(document: LocatedValue, value: unknown): Read<readonly PhaseName[]> {
  if (value === undefined || value === null) return { value: [], problems: [] };
  if (!isMap(value)) {
    const message = '`cache` must map phases to `never`';
    return { value: [], problems: [problemAt(document, ['cache'], { message })] };
  }
  const problems = Object.entries(value).flatMap(([phase, rule]) => {
    const at = ['cache', phase];
    if (!isPhaseName(phase)) {
      const hints = [...didYouMean(phase, phaseNames), `the phases are ${phaseNames.join(', ')}`];
      return [problemAt(document, at, { message: `\`cache\` names an unknown phase \`${phase}\``, hints })];
    }
    if (rule === 'never') return [];
    return [problemAt(document, at, { message: `\`cache\` of ${phase} can only be \`never\`` })];
  });
  return { value: Object.keys(value).filter(isPhaseName), problems };
}

/** Whether each is a format is asked when outputs are planned. */
function readOutputs(document: LocatedValue, value: unknown): Read<readonly string[]> {
  if (value === undefined || value === null) return { value: [], problems: [] };
  const isList = Array.isArray(value) && value.every((name) => typeof name === 'string');
  if (isList) return { value, problems: [] };
  const message = '`outputs` must be a list of output formats, as in [initramfs, kernel]';
  return { value: [], problems: [problemAt(document, ['outputs'], { message })] };
}

function readTest(document: LocatedValue, value: unknown): Read<boolean> {
  if (value === undefined || value === null) return { value: false, problems: [] };
  const alone = isMap(value) && Object.keys(value).join() === 'alone' ? value['alone'] : undefined;
  if (typeof alone === 'boolean') return { value: alone, problems: [] };
  const message = '`test` can only be a map with `alone: true`';
  return { value: false, problems: [problemAt(document, ['test'], { message })] };
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
