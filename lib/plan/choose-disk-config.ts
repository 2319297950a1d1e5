// SPDX-License-Identifier: Apache-2.0
import { fallbackConfig } from '../disk/plan-layout.ts';
import type { LoadedElement } from '../elements/read-element.ts';
import type { BuildRequest } from '../model/request.ts';

export type ChosenConfig = {
  /** Block-device configuration, as YAML. */
  readonly text: string;
  /** Where it came from, as problems and plans name it. */
  readonly origin: string;
  readonly notes: readonly string[];
};

/** What the user gave, else that of the first element that has one, else the fallback (dib-contract §2.10). */
export function chooseDiskConfig(
  { disk, arch }: Pick<BuildRequest, 'disk' | 'arch'>,
  elements: readonly LoadedElement[],
): ChosenConfig {
  if (disk.config !== null) return { ...disk.config, notes: [] };
  const [first, ...others] = elements.flatMap((element) => configOf(element, arch));
  if (first === undefined) return { text: fallbackConfig, origin: 'the default disk layout', notes: [] };
  const notes = others.map((other) => `${other.origin} is not used: the disk is laid out by ${first.origin}`);
  return { ...first, notes };
}

type FoundConfig = Omit<ChosenConfig, 'notes'>;

function configOf({ element, texts }: LoadedElement, arch: string): readonly FoundConfig[] {
  for (const name of [`block-device-${archInFileNames(arch)}.yaml`, 'block-device-default.yaml']) {
    const text = texts.get(name);
    if (text !== undefined) return [{ text, origin: `${element.directory}/${name}` }];
  }
  return [];
}

const archInFileNames = (arch: string): string => (arch === 'ppc64le' ? 'ppc64el' : arch);
