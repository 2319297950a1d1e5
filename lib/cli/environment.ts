// SPDX-License-Identifier: Apache-2.0
import { join, resolve } from 'node:path';
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
 * The environment of a request: the caller's variables, less those that only steer this program; for every option its
 * variable, as if that had been set instead; and what hooks are told that no other part of the request holds.
 */
export function requestEnvironment({
  given,
  variables,
  values,
  invocation,
}: {
  readonly given: Readonly<Record<string, readonly string[]>>;
  readonly variables: Variables;
  readonly values: SettingValues;
  readonly invocation: {
    readonly argv: readonly string[];
    readonly workingDirectory: string;
    readonly homeDirectory: string;
  };
}): Readonly<Record<string, string>> {
  const around = startingEnvironment(variables, false);
  const { argv, workingDirectory, homeDirectory } = invocation;
  return {
    ...Object.fromEntries(Object.entries(around).filter(([name]) => !steering.has(name))),
    ...fromOptions(given),
    DIB_ARGS: argv.join(' '),
    DIB_ENV: declarations(around),
    DIB_CHECKSUM: checksumText(values.checksums),
    DIB_DEFAULT_INSTALLTYPE: values.installType,
    DIB_LOCKFILES: resolve(
      workingDirectory,
      around['DIB_LOCKFILES'] || join(homeDirectory, '.cache/dib/lockfiles'),
    ),
    DIB_MIN_TMPFS: given['minTmpfs']?.at(-1) ?? (around['DIB_MIN_TMPFS'] || '2'),
    ...(values.logFile === null ? {} : { LOGFILE: resolve(workingDirectory, values.logFile) }),
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
