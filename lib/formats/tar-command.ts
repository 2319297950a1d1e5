// SPDX-License-Identifier: Apache-2.0

/**
 * Words for GNU tar that pack the tree: numeric owners, sorted, with extended attributes, without what the running
 * kernel shows in /proc and /sys. Access and change times are left out, so that equal trees make equal archives.
 * @param compressor The command tar sends its output through, as one word.
 */
export const tarCommand = (compressor: string | null): readonly string[] => [
  'tar',
  '--create',
  '--file={file}',
  '--force-local',
  ...(compressor === null ? [] : [`--use-compress-program=${compressor}`]),
  '--directory={tree}',
  '--format=posix',
  '--pax-option=delete=atime,delete=ctime',
  '--sort=name',
  '--numeric-owner',
  '--xattrs',
  '--xattrs-include=*',
  '--anchored',
  '--exclude=./proc/*',
  '--exclude=./sys/*',
  '.',
];

export const tarNeed = { program: 'tar', reason: 'packs the tree' } as const;
