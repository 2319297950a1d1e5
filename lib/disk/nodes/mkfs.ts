// SPDX-License-Identifier: Apache-2.0
import type { ConfigEntry } from '../config-entry.ts';
import { entryProblem, optionalText, optionalWords, requiredText } from '../config-entry.ts';
import { deriveSerial, deriveUuid } from '../derive-id.ts';
import { fileSystemType, isFat } from '../file-system-types.ts';
import type { NodeKind, ReadContext } from '../layout-node.ts';
import { rootOptions } from '../mke2fs-options.ts';

/** A file system. The node named `mkfs_root` takes what it does not say from the request. */
export const mkfs: NodeKind = {
  keys: ['name', 'base', 'type', 'label', 'opts', 'uuid'],
  read(entry, context) {
    const { problems, seed } = context;
    const base = requiredText(entry, 'base', problems);
    const name = requiredText(entry, 'name', problems);
    const type = readType(entry, name, context);
    if (name === '' || type === '') return [];
    const body = {
      kind: 'file-system',
      base,
      type,
      label: readLabel(entry, { name, type }, context),
      uuid: optionalText(entry, 'uuid', problems) ?? defaultUuid(type, seed, name),
      options:
        optionalWords(entry, 'opts', problems) ?? (isRoot(name) ? rootOptions(type, context.request) : []),
    } as const;
    return [{ name, comesAfter: [base], entry, body }];
  },
};

const isRoot = (name: string): boolean => name === 'mkfs_root';

function readType(entry: ConfigEntry, name: string, { request, problems }: ReadContext): string {
  const given = optionalText(entry, 'type', problems);
  if (given !== null) return given;
  if (isRoot(name)) return request.fileSystemType;
  return requiredText(entry, 'type', problems);
}

function readLabel(
  entry: ConfigEntry,
  { name, type }: { readonly name: string; readonly type: string },
  { request, problems }: ReadContext,
): string {
  const { longestLabel, upperCaseLabel } = fileSystemType(type);
  const given = optionalText(entry, 'label', problems);
  const label = given ?? (isRoot(name) ? (request.rootLabel ?? defaultRootLabel(type)) : name);
  const length = Buffer.byteLength(label);
  if (length > longestLabel) {
    const message = `the label ${label} of ${name} is ${length} bytes long, ${type} allows ${longestLabel}`;
    const hint = given === null ? `give ${name} a shorter \`label\`` : 'shorten it';
    problems.push(entryProblem(entry, given === null ? [] : ['label'], message, hint));
  }
  return upperCaseLabel ? label.toUpperCase() : label;
}

const defaultRootLabel = (type: string): string => (type === 'xfs' ? 'img-rootfs' : 'cloudimg-rootfs');

/** In the form blkid prints, which for FAT is a serial number. */
function defaultUuid(type: string, seed: string, name: string): string {
  if (!isFat(type)) return deriveUuid(seed, name);
  const serial = deriveSerial(seed, name).toUpperCase();
  return `${serial.slice(0, 4)}-${serial.slice(4)}`;
}
