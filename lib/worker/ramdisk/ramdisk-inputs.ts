// SPDX-License-Identifier: Apache-2.0
import { readFile, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { HostPath } from '../../model/brands.ts';
import { hostPath } from '../../model/brands.ts';
import { compareHookNames } from '../../model/hook-order.ts';
import type { BuildPlan } from '../../model/plan.ts';
import type { WorkPaths } from '../context.ts';

/** A text that an element brings for RAM disks. */
export type RamdiskInput = {
  /** Null: a hook wrote it. */
  readonly element: string | null;
  /** Relative to the element, as in `init.d/50-deploy` or `init`. */
  readonly path: string;
  readonly text: string;
};

type Source = {
  readonly plan: Pick<BuildPlan, 'elements'>;
  readonly paths: Pick<WorkPaths, 'hooks'>;
};

/**
 * The files of `KIND.d` as the hooks directory has them now, in the order of hooks, and after them those called KIND at
 * the top of elements, in the order of elements.
 */
export async function ramdiskInputs(source: Source, kind: string): Promise<readonly RamdiskInput[]> {
  const { plan, paths } = source;
  const directory = join(paths.hooks, `${kind}.d`);
  const names = (await readdir(directory).catch(() => [])).sort(compareHookNames);
  const inputs: RamdiskInput[] = [];
  for (const name of names.filter((each) => !each.startsWith('.'))) {
    const path = `${kind}.d/${name}`;
    inputs.push(...(await read(hostPath(join(directory, name)), path, await elementWith(plan, path))));
  }
  for (const { name, directory: element } of plan.elements)
    inputs.push(...(await read(hostPath(join(element, kind)), kind, name)));
  return inputs;
}

async function read(file: HostPath, path: string, element: string | null): Promise<readonly RamdiskInput[]> {
  return (await isFile(file)) ? [{ element, path, text: await readFile(file, 'utf8') }] : [];
}

/** The first generation had a directory `udev`, whose files are found one by one. */
export async function filesOfDirectory(source: Source, name: string): Promise<readonly RamdiskInput[]> {
  const inputs: RamdiskInput[] = [];
  for (const element of source.plan.elements) {
    const directory = join(element.directory, name);
    for (const file of (await readdir(directory).catch(() => [])).sort(compareHookNames))
      inputs.push(...(await read(hostPath(join(directory, file)), `${name}/${file}`, element.name)));
  }
  return inputs;
}

async function elementWith({ elements }: Source['plan'], path: string): Promise<string | null> {
  for (const { name, directory } of elements) if (await isFile(join(directory, path))) return name;
  return null;
}

const isFile = (path: string): Promise<boolean> =>
  stat(path).then(
    (status) => status.isFile(),
    () => false,
  );
