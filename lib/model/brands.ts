// SPDX-License-Identifier: Apache-2.0
/** Names that this domain confuses, told apart by the compiler. They are plain strings and numbers at run time. */

declare const brand: unique symbol;
type Brand<T, Name extends string> = T & { readonly [brand]: Name };

/** An absolute path on the machine that builds. */
export type HostPath = Brand<string, 'HostPath'>;
/** An absolute path inside the image, beginning with `/`. */
export type TargetPath = Brand<string, 'TargetPath'>;
/** A size or an offset in bytes; a non-negative integer. */
export type Bytes = Brand<number, 'Bytes'>;
/** The name of an element: the base name of its directory. */
export type ElementName = Brand<string, 'ElementName'>;

export const hostPath = (path: string): HostPath => path as HostPath;
export const targetPath = (path: string): TargetPath => path as TargetPath;
export const bytes = (count: number): Bytes => count as Bytes;
export const elementName = (name: string): ElementName => name as ElementName;

export const KiB = 1024;
export const MiB = 1024 * KiB;
export const GiB = 1024 * MiB;
