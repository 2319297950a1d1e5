// SPDX-License-Identifier: Apache-2.0
import type { Problem, Result } from '../model/problem.ts';
import { failed, success } from '../model/problem.ts';
import type { LocatedValue } from '../yaml/located-yaml.ts';
import { parseYaml, problemAt } from '../yaml/located-yaml.ts';

/** What the file that DIB_BLOCK_DEVICE_PARAMS_YAML names says of a build's disk (dib-contract §1.9). */
export type BlockDeviceParams = {
  /** File with the block-device configuration. */
  readonly config: string;
  /** Directory of the raw images. */
  readonly imageDirectory: string;
  readonly rootFileSystemType: string;
  /** Null: the default for the type. */
  readonly rootLabel: string | null;
};

/** Keys that are not known are left alone: scripts put their own in. */
export function readBlockDeviceParams(text: string, path: string): Result<BlockDeviceParams> {
  const document = parseYaml(text, path);
  if (!document.ok) return document;
  const { value } = document.value;
  if (!isMap(value))
    return failed(problemAt(document.value, [], { message: 'the parameters must be a map' }));
  const problems = required.flatMap((key) => missingText(document.value, value, key));
  if (problems.length > 0) return failed(...problems);
  const textOf = (key: string): string | null => (typeof value[key] === 'string' ? value[key] : null);
  return success({
    config: textOf('config') ?? '',
    imageDirectory: textOf('image-dir') ?? '',
    rootFileSystemType: textOf('root-fs-type') || 'ext4',
    rootLabel: textOf('root-label') || null,
  });
}

const required = ['config', 'image-dir'];

function missingText(
  document: LocatedValue,
  value: Readonly<Record<string, unknown>>,
  key: string,
): readonly Problem[] {
  if (typeof value[key] === 'string' && value[key] !== '') return [];
  return [problemAt(document, key in value ? [key] : [], { message: `\`${key}\` must name a path` })];
}

function isMap(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
