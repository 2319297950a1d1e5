// SPDX-License-Identifier: Apache-2.0
import { basename, dirname, join, resolve } from 'node:path';
import { hostPath } from '../model/brands.ts';
import type { HostPath } from '../model/brands.ts';
import { isOutputFormat, outputFormats } from '../formats/index.ts';
import type { OutputFormatName } from '../formats/index.ts';
import { didYouMean } from '../model/nearest-name.ts';
import type { Problem } from '../model/problem.ts';
import type { RamdiskSource } from '../model/ramdisk-source.ts';
import type {
  BuildRequest,
  DebugRequest,
  DiskRequest,
  OutputRequest,
  StoreRequest,
} from '../model/request.ts';
import { requestEnvironment, startingEnvironment } from './environment.ts';
import { readEnvironmentFiles } from './environment-files.ts';
import { parseArguments } from './parse-arguments.ts';
import { peekSetting, readSettings } from './read-settings.ts';
import type { Variables } from './read-settings.ts';
import type { ReadText } from './read-text.ts';
import { settings } from './settings.ts';
import type { SettingValues } from './settings.ts';

/** All that a command line means anything by. */
export type Invocation = {
  readonly program: BuildRequest['program'];
  readonly argv: readonly string[];
  readonly environment: Variables;
  readonly workingDirectory: string;
  readonly facts: {
    /** As Debian names it. */
    readonly arch: string;
    readonly homeDirectory: string;
    readonly builtInElements: HostPath;
  };
  readonly readText: ReadText;
};

export type CommandLine = {
  /** Complete even when there are problems, so that what it names can be checked too. */
  readonly request: BuildRequest;
  readonly values: SettingValues;
  readonly problems: readonly Problem[];
};

/** Understands a command line. Nothing but the files it names is read. */
export function makeRequest(invocation: Invocation): CommandLine {
  const parsed = parseArguments(invocation.argv);
  const { variables, problems: fileProblems } = gatherVariables(invocation, parsed.given);
  const { values, problems: valueProblems } = readSettings(parsed.given, variables);
  const context: Context = {
    invocation,
    values,
    variables,
    homeDirectory: variables['HOME'] || invocation.facts.homeDirectory,
  };
  const { config, problems: configProblems } = blockDeviceConfig(context);
  const types = outputTypes(context);
  const name =
    invocation.program === 'ramdisk-image-create'
      ? ramdiskName(values.imageName)
      : { ...imageName(values.imageName, types.known), fileName: null };
  const elements = [...values.elements, ...parsed.operands];
  const { argv, workingDirectory, program } = invocation;
  return {
    request: {
      program,
      argumentsAsGiven: argv,
      elements,
      elementsPath: elementsPath(context),
      flavoursPath: flavoursPath(context),
      withBase: !values.skipBase,
      defaultOperatingSystem: values.defaultOperatingSystem,
      arch: values.architecture ?? invocation.facts.arch,
      imageName: name.value,
      outputTypes: types.known,
      packages: values.packages,
      disk: diskRequest(values, config),
      output: outputRequest(values),
      ramdisk: { ...ramdiskSource(values), fileName: name.fileName },
      store: storeRequest(context),
      debug: debugRequest(values),
      workingDirectory: hostPath(workingDirectory),
      temporaryDirectory: temporaryDirectory(context),
      environment: requestEnvironment({
        given: parsed.given,
        variables,
        values,
        invocation: { argv, workingDirectory, homeDirectory: context.homeDirectory },
      }),
    },
    values,
    problems: [
      ...parsed.problems,
      ...fileProblems,
      ...valueProblems,
      ...types.problems,
      ...name.problems,
      ...configProblems,
    ],
  };
}

type Context = {
  readonly invocation: Invocation;
  readonly values: SettingValues;
  readonly variables: Variables;
  readonly homeDirectory: string;
};

type Given = Readonly<Record<string, readonly string[]>>;

/** The variables that count: those around, or with `-c` hardly any of them, and those of files. */
function gatherVariables(
  { environment, workingDirectory, readText }: Invocation,
  given: Given,
): ReturnType<typeof readEnvironmentFiles> {
  const around = startingEnvironment(environment, peekSetting('clearEnvironment', given, environment));
  const files = peekSetting('environmentFiles', given, around);
  const fromFiles = readEnvironmentFiles(files, workingDirectory, readText);
  return { variables: { ...fromFiles.variables, ...around }, problems: fromFiles.problems };
}

const inWorkingDirectory = ({ invocation }: Context, path: string): HostPath =>
  hostPath(resolve(invocation.workingDirectory, path));

const temporaryDirectory = (context: Context): HostPath | null =>
  context.values.temporaryDirectory === null
    ? null
    : inWorkingDirectory(context, context.values.temporaryDirectory);

function elementsPath(context: Context): readonly HostPath[] {
  const named = (context.values.elementsPath ?? '').split(':').filter((entry) => entry !== '');
  const all = [
    ...named.map((entry) => inWorkingDirectory(context, entry)),
    ...flavoursPath(context),
    context.invocation.facts.builtInElements,
  ];
  return [...new Set(all)];
}

const flavoursPath = (context: Context): readonly HostPath[] =>
  context.values.flavoursDirectory === null
    ? []
    : [inWorkingDirectory(context, context.values.flavoursDirectory)];

function outputTypes({ invocation, values }: Context): {
  readonly known: readonly OutputFormatName[];
  readonly problems: readonly Problem[];
} {
  // What a RAM disk is, its elements say.
  const isLeftToElements =
    invocation.program === 'ramdisk-image-create' && values.outputTypes === settings.outputTypes.fallback;
  if (isLeftToElements) return { known: [], problems: [] };
  const wanted = [...new Set(values.outputTypes)];
  const known = wanted.filter(isOutputFormat);
  if (wanted.length === 0) return { known, problems: [{ message: '-t: no output type is given' }] };
  const problems = wanted.filter((type) => !isOutputFormat(type)).map(unknownOutputType);
  return { known, problems };
}

function unknownOutputType(type: string): Problem {
  const names = Object.keys(outputFormats);
  return {
    message: `unknown output type ${type}`,
    hints: [...didYouMean(type, names), `the types are ${names.join(', ')}`],
  };
}

type ImageName = { readonly value: string; readonly problems: readonly Problem[] };

/** `-o` without the extension that the only output type will bring. */
function imageName(given: string, types: readonly OutputFormatName[]): ImageName {
  const [type] = types;
  const extensions = type === undefined || types.length > 1 ? [] : [type, outputFormats[type].extension];
  const extension = extensions.map((each) => `.${each}`).find((each) => basename(given).endsWith(each)) ?? '';
  const value = given.slice(0, given.length - extension.length);
  if (value !== '' && !value.endsWith('/')) return { value, problems: [] };
  const hints = [`give the name of a file, as in ${join(dirname(`${given}x`), 'image')}`];
  return { value: 'image', problems: [{ message: `-o: ${given} does not name a file`, hints }] };
}

/** `-o` without its extension; with one it names the initramfs itself. */
function ramdiskName(given: string): ImageName & { readonly fileName: string | null } {
  const known = imageName(given.replace(/\.(initramfs|kernel)$/, ''), []);
  const extension = /[^/](\.[A-Za-z][A-Za-z0-9]*)$/.exec(known.value)?.[1] ?? '';
  if (known.problems.length > 0 || extension === '') return { ...known, fileName: null };
  return { ...known, value: known.value.slice(0, -extension.length), fileName: known.value };
}

const ramdiskSource = (values: SettingValues): RamdiskSource => ({
  isHost: values.fromHost,
  kernelVersion: values.kernelVersion,
  moduleRoot: values.moduleRoot,
  udevRoot: values.udevRoot,
  busybox: values.busybox,
});

function diskRequest(values: SettingValues, config: DiskRequest['config']): DiskRequest {
  return {
    size: values.imageSize,
    extraSize: values.extraSize,
    journalSize: values.journalSize,
    maxOnlineResize: values.maxOnlineResize,
    mkfsOptions: values.mkfsOptions,
    rootLabel: values.rootLabel,
    fileSystemType: values.fileSystemType,
    sectorSize: values.sectorSize === null ? null : Number(values.sectorSize),
    config,
  };
}

/** DIB_BLOCK_DEVICE_CONFIG is the YAML itself, or where it is. */
function blockDeviceConfig(context: Context): {
  readonly config: DiskRequest['config'];
  readonly problems: readonly Problem[];
} {
  const given = context.values.blockDeviceConfig;
  if (given === null) return { config: null, problems: [] };
  if (!given.startsWith('file://')) return { config: { text: given, origin: VARIABLE }, problems: [] };
  const path = inWorkingDirectory(context, given.slice('file://'.length));
  const text = context.invocation.readText(path);
  if (text.ok) return { config: { text: text.value, origin: path }, problems: [] };
  return {
    config: null,
    problems: text.problems.map(({ message }) => ({ message: `${VARIABLE}: ${message}` })),
  };
}

const VARIABLE = 'DIB_BLOCK_DEVICE_CONFIG';

function outputRequest(values: SettingValues): OutputRequest {
  const { compress, qemuImgOptions, qcow2Compression, checksums, overwriteOldImage } = values;
  return { compress, qemuImgOptions, qcow2Compression, checksums, overwriteOldImage };
}

function storeRequest(context: Context): StoreRequest {
  const { values, homeDirectory } = context;
  return {
    cacheDirectory: inWorkingDirectory(
      context,
      values.imageCache ?? join(homeDirectory, '.cache/image-create'),
    ),
    reuse: !values.noCache,
    maxAgeSeconds: values.cacheMaxAge,
    maxBytes: values.cacheMaxSize === 0 ? null : values.cacheMaxSize,
    offline: values.offline,
    tmpfs: !values.noTmpfs,
    minTmpfs: values.minTmpfs,
  };
}

function debugRequest(values: SettingValues): DebugRequest {
  const { trace, breakpoints, breakCommand, breakOutsideTarget, shellOnFailure, showImageUsage } = values;
  return { trace, breakpoints, breakCommand, breakOutsideTarget, shellOnFailure, showImageUsage };
}
