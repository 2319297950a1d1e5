// SPDX-License-Identifier: Apache-2.0
import { firstObject, librarySearch } from './find-library.ts';
import { readLoaderConfiguration } from './library-directories.ts';
import { programFiles } from './program-files.ts';
import type { FoundFile, TreeReader } from './tree-reader.ts';

/** What the C library opens without any program's saying so. */
export type NssFiles = {
  /** They need libraries themselves. */
  readonly libraries: readonly FoundFile[];
  readonly settings: readonly FoundFile[];
};

/**
 * What glibc, when it is among the files of a closure, needs to look up names as /etc/nsswitch.conf says. Modules that are
 * not there are no fault: newer versions have files and dns built in.
 */
export function nssFiles(reader: TreeReader, files: readonly FoundFile[]): NssFiles {
  const libraries = new Map(files.filter(isCLibrary).map((found) => [found.path, found]));
  if (libraries.size === 0) return { libraries: [], settings: [] };
  const switches = reader.find('/etc/nsswitch.conf');
  const text = switches?.kind === 'file' ? Buffer.from(reader.read(switches.path)).toString() : '';
  const names = [...servicesIn(text).map((service) => `libnss_${service}.so.2`), unwinder];
  const programs = programFiles(reader);
  const search = librarySearch({ reader, programs, configuration: readLoaderConfiguration(reader) });
  const found = [...libraries.values()].flatMap((library) => {
    const program = programs.read(library);
    if (program.kind !== 'elf') return [];
    const loader = firstObject(library, program.elf);
    return names.flatMap((name) => search(name, loader)?.found ?? []);
  });
  return {
    libraries: found,
    settings: settings.flatMap((path) => reader.find(path) ?? []).filter(({ kind }) => kind === 'file'),
  };
}

/** The services of the databases that programs of a RAM disk ask: files, dns, systemd … */
export function servicesIn(text: string): readonly string[] {
  const lines = text.split('\n').flatMap((line) => {
    const [, database = '', services = ''] = /^\s*(\w+)\s*:([^#]*)/.exec(line) ?? [];
    return databases.includes(database) ? [services] : [];
  });
  const words = lines.flatMap((services) => services.replaceAll(/\[[^\]]*\]/g, ' ').split(/\s+/));
  return [...new Set(text === '' ? unsaid : words)].filter((word) => /^\w+$/.test(word));
}

/** What glibc does where nothing is said. */
const unsaid = ['files', 'dns'];

const databases = [
  'passwd',
  'group',
  'shadow',
  'gshadow',
  'initgroups',
  'hosts',
  'networks',
  'protocols',
  'services',
  'ethers',
  'rpc',
];

/** glibc opens it when a thread ends early, and stops the program when it is not there. */
const unwinder = 'libgcc_s.so.1';

const settings = ['/etc/nsswitch.conf', '/etc/host.conf', '/etc/gai.conf', '/etc/protocols', '/etc/services'];

const isCLibrary = ({ path, kind, links }: FoundFile): boolean =>
  kind === 'file' && [path, ...links.map((link) => link.path)].some((name) => name.endsWith('/libc.so.6'));
