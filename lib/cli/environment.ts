// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
import type { BuildRequest } from '../model/request.ts';
import { createMask } from '../report/mask-secrets.ts';
import type { Variables } from './read-settings.ts';
import type { Setting } from './setting.ts';
import { settings } from './settings.ts';
import type { SettingValues } from './settings.ts';

/** Who and where one is: all that `-c` leaves. */
const basics = ['PATH', 'HOME', 'USER', 'LOGNAME', 'SHELL', 'TERM', 'TZ', 'LANG', 'LANGUAGE'];

/** The caller's variables, or with `-c` its bare necessities. */
export function startingEnvironment(
  environment: Variables,
  isCleared: boolean,
): Readonly<Record<string, string>> {
  const isKept = (name: string): boolean => !isCleared || basics.includes(name) || name.startsWith('LC_');
  return Object.fromEntries(
    Object.entries(environment).filter(
      (entry): entry is [string, string] => entry[1] !== undefined && isKept(entry[0]),
    ),
  );
}

/**
 * What hooks see before the elements' own files are read: the caller's variables, less those that only steer this
 * program, and for every option its variable, as if that had been set instead.
 */
export function hookEnvironment(
  request: Omit<BuildRequest, 'environment'>,
  {
    given,
    variables,
    values,
  }: {
    readonly given: Readonly<Record<string, readonly string[]>>;
    readonly variables: Variables;
    readonly values: SettingValues;
  },
): Readonly<Record<string, string>> {
  const around = startingEnvironment(variables, false);
  return {
    ...Object.fromEntries(Object.entries(around).filter(([name]) => !steering.has(name))),
    ...fromOptions(given),
    LC_ALL: 'C',
    ARCH: request.arch,
    IMAGE_NAME: request.imageName,
    IMAGE_TYPE: request.outputTypes[0] ?? '',
    IMAGE_TYPES: request.outputTypes.join(' '),
    ELEMENTS_PATH: request.elementsPath.join(':'),
    FS_TYPE: values.fileSystemType,
    DIB_ARGS: request.argumentsAsGiven.join(' '),
    DIB_ENV: declarations(around),
    DIB_CHECKSUM: checksumText(values.checksums),
    DIB_DEBUG_TRACE: String(values.trace),
    DIB_DEFAULT_INSTALLTYPE: values.installType,
    DIB_IMAGE_CACHE: request.store.cacheDirectory,
    DIB_LOCKFILES: lockFiles(request, around),
    DIB_MIN_TMPFS: given['minTmpfs']?.at(-1) ?? (around['DIB_MIN_TMPFS'] || '2'),
    DIB_NO_TMPFS: values.noTmpfs ? '1' : '0',
    DIB_OFFLINE: values.offline ? '1' : '',
    ...(values.packages.length === 0 ? {} : { INSTALL_PACKAGES: values.packages.join(' ') }),
    ...(values.logFile === null ? {} : { LOGFILE: resolve(request.workingDirectory, values.logFile) }),
  };
}

/** Variables that no hook can mean anything by; without them a build told differently still finds its layers. */
const steering: ReadonlySet<string> = new Set(
  Object.values<Setting<unknown>>(settings).flatMap(({ isForHooks, variables }) =>
    isForHooks ? [] : variables,
  ),
);

function fromOptions(given: Readonly<Record<string, readonly string[]>>): Readonly<Record<string, string>> {
  const entries = Object.entries<Setting<unknown>>(settings).flatMap(([name, { isForHooks, variables }]) => {
    const text = given[name]?.at(-1);
    const [variable] = variables;
    return isForHooks && variable !== undefined && text !== undefined ? [[variable, text] as const] : [];
  });
  return Object.fromEntries(entries);
}

const checksumText = (kinds: SettingValues['checksums']): string =>
  kinds.length === 2 ? '1' : (kinds[0] ?? '0');

function lockFiles(
  { workingDirectory, store }: Omit<BuildRequest, 'environment'>,
  { DIB_LOCKFILES: named, HOME: home }: Readonly<Record<string, string>>,
): string {
  if (named !== undefined && named !== '') return resolve(workingDirectory, named);
  return home === undefined ? join(store.cacheDirectory, 'lockfiles') : join(home, '.cache/dib/lockfiles');
}

/** The caller's DIB_ variables as bash would declare them, for manifests; secrets are masked. */
function declarations(environment: Readonly<Record<string, string>>): string {
  const mask = createMask(environment);
  return Object.entries(environment)
    .filter(([name]) => name.startsWith('DIB_') && !steering.has(name))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, value]) => `declare -x ${name}="${mask.text(value).replaceAll(/["\\$`]/g, String.raw`\$&`)}"`,
    )
    .join('\n');
}
