// SPDX-License-Identifier: Apache-2.0
import { createHash } from 'node:crypto';
import { PLAN_VERSION } from '../../model/plan.ts';

/** Digest of a list of parts that cannot be confused with another list. */
export const digestOf = (parts: readonly string[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('hex');

/** The key before the first step. @param outside What the `cache-key.d` hooks printed. */
export const firstKey = (arch: string, outside: readonly string[]): string =>
  digestOf(['first', String(PLAN_VERSION), arch, ...outside]);

/** A file of environment.d that only sets variables which concern few hooks. */
export type Exports = { readonly digest: string; readonly names: readonly string[] };

export type StepKeyParts = {
  readonly previous: string;
  readonly title: string;
  /** Digest of the script's name, mode and bytes. */
  readonly script: string;
  readonly scriptText: string;
  /** Digest and text of what all hooks share. */
  readonly shared: string;
  readonly sharedText: string;
  readonly exports: readonly Exports[];
  readonly environment: Readonly<Record<string, string>>;
  /** Digests of host programs; empty for hooks that run in the target. */
  readonly tools: Readonly<Record<string, string>>;
};

/** Changes whenever anything that the hook can see changes, and with every key before it. */
export function stepKey(parts: StepKeyParts): string {
  const texts = [parts.scriptText, parts.sharedText];
  const seen = Object.entries(parts.environment).filter(([name]) => canMatter(name, texts));
  const lines = [...seen, ...Object.entries(parts.tools)].map(([name, value]) => `${name}=${value}`);
  const exported = parts.exports.filter(({ names }) => names.some((name) => isNamed(name, texts)));
  const digests = exported.map(({ digest }) => digest);
  return digestOf([parts.previous, parts.title, parts.script, parts.shared, ...digests, ...lines.sort()]);
}

/** A variable matters unless it is known not to, or concerns only a few hooks and this one does not name it. */
function canMatter(name: string, texts: readonly string[]): boolean {
  if (neverMatters.test(name)) return false;
  return !concernsFew(name) || isNamed(name, texts);
}

/** Whether a variable matters only to hooks that name it. */
export const concernsFew = (name: string): boolean => mattersWhenNamed.test(name);

const isNamed = (name: string, texts: readonly string[]): boolean =>
  [name, ...(readBy[name] ?? [])].some((word) => texts.some((text) => text.includes(word)));

/** Host commands that read a variable for the hook that calls them. */
const readBy: Readonly<Record<string, readonly string[]>> = {
  DIB_BLOCK_DEVICE_PARAMS_YAML: ['dib-block-device'],
};

/** The terminal, the session and the desktop of who called; paths that differ in every build. */
const neverMatters = new RegExp(
  `^(${[
    'TERM|COLORTERM|COLUMNS|LINES|PWD|OLDPWD|SHLVL|_|PS[1-4]|SHELL|EDITOR|VISUAL|PAGER|LESS.*|LS_COLORS|HIST.*|MAIL|PATH',
    'TMPDIR|TMP_BUILD_DIR|TMP_IMAGE_DIR|TMP_HOOKS_PATH|TMP_MOUNT_PATH|TMP_DIR|TARGET_ROOT',
    'SSH_.*|XDG_.*|DBUS_.*|DISPLAY|WAYLAND_.*|WINDOWID|TERM_.*|VTE_.*|TMUX.*|STY|GPG_TTY|INVOCATION_ID|JOURNAL_STREAM',
    'npm_.*|NODE.*|INIT_CWD|COLOR|FORCE_COLOR|NO_COLOR|CI|VITEST.*|UV_THREADPOOL_SIZE|SUDO_.*|USER|USERNAME|LOGNAME|HOME',
    'DIB_BUILDER_NODE|DIB_BUILDER_ENTRY|DIB_QUIET|DIB_NO_TIMESTAMP|DIB_PROGRESS|DIB_DEBUG_TRACE|DIB_SHELL_ON_FAILURE',
    'DIB_NO_CACHE|DIB_CACHE_MAX_(AGE|SIZE)|DIB_ISOLATION|DIB_LOCKFILES|DIB_NO_TMPFS|DIB_MIN_TMPFS|break|break_.*|BASH_FUNC_die%%',
  ].join('|')})$`,
);

/** What the outputs are called and how they are made, and who is in the set: of interest to hooks that say so. */
const mattersWhenNamed =
  /^(DIB_BLOCK_DEVICE_PARAMS_YAML|IMAGE_NAME|IMAGE_TYPES?|DIB_ARGS|DIB_ENV|LOGFILE|DIB_CHECKSUM|COMPRESS_IMAGE|QEMU_IMG_OPTIONS|DIB_QCOW2_COMPRESSION|OVERWRITE_OLD_IMAGE|DIB_IMAGE_SIZE|DIB_IMAGE_EXTRA_SIZE|DIB_GZIP_BIN|DIB_BLOCK_DEVICE|DIB_JOURNAL_SIZE|MAX_ONLINE_RESIZE|MKFS_OPTS|ROOT_LABEL|FS_TYPE|DIB_BLOCK_SIZE|DIB_BLOCK_DEVICE_CONFIG|DOCKER_TARGET|RAMDISK_ELEMENT|DIB_SHOW_IMAGE_USAGE(_FULL)?|DIB_IMAGE_FILENAME|DIB_IMAGE_NAME|INSTALL_PACKAGES|SKIP_BASE|IMAGE_ELEMENT(_YAML)?|ELEMENTS_PATH|DIB_IMAGE_CACHE|DIB_OFFLINE|DIB_ROOT_LABEL|DIB_ROOT_FSTYPE|DIB_ROOT_UUID|DIB_BOOT_.*|DIB_MOUNTPOINTS|DIB_PARTITION_TABLE|DIB_REPO(TYPE|LOCATION|REF|CHECKSUM)_.*|DIB_GITREPOBASE|NO_SOURCE_REPOSITORIES|BASH_FUNC_get_image_element_array%%)$/;
