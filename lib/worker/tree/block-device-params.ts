// SPDX-License-Identifier: Apache-2.0
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Bytes } from '../../model/brands.ts';
import { KiB } from '../../model/brands.ts';
import type { WorkerContext, WorkPaths } from '../context.ts';

/** The value of DIB_BLOCK_DEVICE_PARAMS_YAML: what hooks may read about the disk of their build (dib-contract §1.9). */
export const blockDeviceParamsFile = ({ build }: Pick<WorkPaths, 'build'>): string =>
  join(build, 'block-device/params.yaml');

/**
 * Writes that file, and the block-device configuration that it names.
 * @param imageSize Where it is known; by default what the user asked for.
 */
export async function writeBlockDeviceParams(context: ParamsSource, imageSize?: Bytes): Promise<void> {
  const { plan, paths } = context;
  await mkdir(join(paths.build, 'block-device'), { recursive: true });
  await writeFile(configFile(paths), plan.execution.diskConfig);
  const places = {
    config: configFile(paths),
    'image-dir': paths.image,
    'mount-base': paths.tree,
    'build-dir': paths.build,
  };
  await writeFile(blockDeviceParamsFile(paths), yaml({ ...places, ...facts(context, imageSize) }));
}

/** What the file says, less paths that differ in every build: for the keys of hooks that read it. */
export const blockDeviceParamsText = (context: ParamsSource): string =>
  yaml({ config: context.plan.execution.diskConfig, ...facts(context) });

type ParamsSource = Pick<WorkerContext, 'plan' | 'paths'>;

const configFile = ({ build }: WorkPaths): string => join(build, 'block-device/config.yaml');

function facts({ plan: { disk, environment } }: ParamsSource, imageSize?: Bytes): Record<string, string> {
  const size = imageSize ?? disk?.request.size ?? null;
  const words = disk?.request.mkfsOptions ?? [];
  return {
    'root-fs-type': environment['FS_TYPE'] ?? '',
    'root-label': environment['DIB_ROOT_LABEL'] ?? '',
    ...(size === null ? {} : { 'image-size': `${Math.ceil(size / KiB)}KiB` }),
    ...(words.length === 0 ? {} : { 'root-fs-opts': words.join(' ') }),
  };
}

/** A JSON text is a YAML scalar. */
const yaml = (entries: Readonly<Record<string, string>>): string =>
  Object.entries(entries)
    .map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`)
    .join('');
