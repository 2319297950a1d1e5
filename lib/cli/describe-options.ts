// SPDX-License-Identifier: Apache-2.0
import type { BuildRequest } from '../model/request.ts';
import { outputFormats } from '../formats/index.ts';
import { groups } from './setting.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';

const WIDTH = 80;
const TEXT_COLUMN = 8;

/** The whole of `disk-image-create --help`, or of `ramdisk-image-create --help`. */
export function describeOptions(program: BuildRequest['program']): string {
  const introduction = [
    `Usage: ${program} [OPTION]... ELEMENT...`,
    '',
    ...wrap(
      `${purposes[program]} Options and elements may come in any order, and long options may be cut short. Every ` +
        'option has a variable, named in brackets with the default; an entry without a dash is a variable that has ' +
        'no option.',
      0,
    ),
  ];
  const sections = groups.map((group) => [
    '',
    `${group}:`,
    ...Object.values<Setting<unknown>>(settings)
      .filter((setting) => setting.group === group)
      .flatMap(describeSetting),
  ]);
  return [...introduction, ...sections.flat(), '', ...closing(program)].map((line) => `${line}\n`).join('');
}

const purposes: Readonly<Record<BuildRequest['program'], string>> = {
  'disk-image-create':
    'Builds an image of an operating system from elements: directories of hooks that are merged and run phase by phase.',
  'ramdisk-image-create':
    'Builds a kernel and a RAM disk, NAME.kernel and NAME.initramfs, from elements: of the programs, kernel modules ' +
    'and pieces of /init that they ask for, taken from an operating system that is built for it. When NAME has an ' +
    'extension the RAM disk has that name as it is.',
};

const examples: Readonly<Record<BuildRequest['program'], string>> = {
  'disk-image-create': '-o debian.qcow2 vm debian-minimal',
  'ramdisk-image-create': '-o deploy deploy',
};

function describeSetting(setting: Setting<unknown>): readonly string[] {
  const names = setting.flags.length === 0 ? setting.variables : setting.flags;
  const types =
    setting === settings.outputTypes ? ` Known are ${Object.keys(outputFormats).join(', ')}.` : '';
  const notes = notesOn(setting);
  return [
    `  ${names.join(', ')}${argumentText(setting)}`,
    ...wrap(`${setting.help}${types}${notes === '' ? '' : ` [${notes}]`}`, TEXT_COLUMN),
  ];
}

function argumentText({ flags, argument }: Setting<unknown>): string {
  if (argument === null) return '';
  if (argument.isOptional) return `[=${argument.name}]`;
  return flags.some((flag) => flag.startsWith('--')) ? `=${argument.name}` : ` ${argument.name}`;
}

function notesOn({ flags, variables, defaultText }: Setting<unknown>): string {
  return [
    ...(flags.length === 0 ? [] : variables),
    ...(defaultText === '' ? [] : [`default: ${defaultText}`]),
  ].join('; ');
}

const closing = (program: BuildRequest['program']): readonly string[] => [
  'Exit status: 0 done, 1 the build failed, 2 something in the command line or the',
  'elements is wrong and nothing was done, 130 interrupted.',
  '',
  `Example: ${program} ${examples[program]}`,
];

/** Lines of at most 80 columns, moved in by `indent`. */
function wrap(text: string, indent: number): readonly string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && indent + line.length + 1 + word.length > WIDTH) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line].map((each) => ' '.repeat(indent) + each);
}
