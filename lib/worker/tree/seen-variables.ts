// SPDX-License-Identifier: Apache-2.0
import type { Naming } from './named-in-text.ts';
import { canKnowOf, isAskedFor } from './named-in-text.ts';

/** Whether a variable's value belongs into the key of a hook whose texts say so much: unless one of the lists below has it. */
export function isSeen(name: string, texts: readonly Naming[]): boolean {
  if (neverMatters.test(name)) return false;
  if (ofSession.test(name)) return texts.some((text) => isAskedFor(text, name));
  return !concernsFew(name) || texts.some((text) => canKnowOf(text, name));
}

/** Whether a variable matters only to hooks that name it. */
export const concernsFew = (name: string): boolean => mattersWhenNamed.test(name);

const anyOf = (...alternatives: readonly string[]): RegExp => new RegExp(`^(${alternatives.join('|')})$`);

/**
 * Left out of every key, and why that is safe:
 * - paths of this very build, new each time: what lies there is in the key by what it holds;
 * - what a shell sets anew before the first line of a hook;
 * - settings of this program that say how to run a build and what to print of it: what they mean is ours to say, and it
 *   is not about the tree;
 * - PATH: hooks in the target have a fixed one, and for hooks on the host the programs that they name are in the key by their bytes;
 * - functions and paths of the program itself, whose version and shell files are in the key.
 */
const neverMatters = anyOf(
  'TMPDIR|TMP_BUILD_DIR|TMP_IMAGE_DIR|TMP_HOOKS_PATH|TMP_MOUNT_PATH|TMP_DIR|TARGET_ROOT',
  'SHLVL|_|PS[1-4]',
  'DIB_QUIET|DIB_NO_TIMESTAMP|DIB_PROGRESS|DIB_PROFILE|DIB_DRY_RUN|DIB_DEBUG_TRACE|DIB_SHELL_ON_FAILURE|DIB_NO_CACHE|DIB_CACHE_MAX_(AGE|SIZE)',
  'DIB_ISOLATION|DIB_LOCKFILES|DIB_NO_TMPFS|DIB_MIN_TMPFS|break|break_.*|UV_THREADPOOL_SIZE',
  'PATH',
  'DIB_BUILDER_NODE|DIB_BUILDER_ENTRY|BASH_FUNC_die%%',
);

/**
 * Who called, from which terminal and desktop, and what started the caller. Safe to leave out where no text asks for
 * them: hooks in the target are not given those that programs there would act upon by themselves (`isOfHost`), and
 * hooks on the host find only the host's own files through them, of which `cache-key.d` has to tell.
 */
const ofSession = anyOf(
  'TERM|COLORTERM|COLUMNS|LINES|PWD|OLDPWD|SHELL|EDITOR|VISUAL|PAGER|LESS.*|LS_COLORS|HIST.*|MAIL',
  'SSH_.*|XDG_.*|DBUS_.*|DISPLAY|XAUTHORITY|WAYLAND_.*|WINDOWID|TERM_.*|VTE_.*|TMUX.*|STY|GPG_TTY|INVOCATION_ID|JOURNAL_STREAM',
  'npm_.*|NODE|INIT_CWD|COLOR|FORCE_COLOR|NO_COLOR|VITEST.*|SUDO_.*|USER|USERNAME|LOGNAME|HOME',
);

/**
 * Sockets and directories of the host's session, settings of the npm that started the build, and the width of a terminal
 * that hooks do not have: in the image they mean nothing, or something else.
 */
export const isOfHost = (name: string): boolean => withoutMeaningInTarget.test(name);

const withoutMeaningInTarget = anyOf(
  'COLUMNS|LINES|OLDPWD|SSH_(AUTH_SOCK|AGENT_PID|CLIENT|CONNECTION|TTY)|XDG_.*|DBUS_.*|DISPLAY|XAUTHORITY|WAYLAND_.*',
  'WINDOWID|VTE_.*|TMUX.*|STY|GPG_TTY|INVOCATION_ID|JOURNAL_STREAM|npm_.*|NODE|INIT_CWD|VITEST.*',
);

/**
 * What the outputs are called and how they are made, and who is in the set. Safe to leave out where no text names them,
 * in whole or in part: they are this program's own names, which no other program acts upon.
 */
const mattersWhenNamed = anyOf(
  'DIB_BLOCK_DEVICE_PARAMS_YAML|IMAGE_NAME|IMAGE_TYPES?|DIB_ARGS|DIB_ENV|LOGFILE|DIB_CHECKSUM|COMPRESS_IMAGE',
  'QEMU_IMG_OPTIONS|DIB_QCOW2_COMPRESSION|OVERWRITE_OLD_IMAGE|DIB_IMAGE_SIZE|DIB_IMAGE_EXTRA_SIZE|DIB_GZIP_BIN|DIB_SQUASHFS_(COMPRESSION|LEVEL)',
  'DIB_BLOCK_DEVICE|DIB_JOURNAL_SIZE|MAX_ONLINE_RESIZE|MKFS_OPTS|ROOT_LABEL|FS_TYPE|DIB_BLOCK_SIZE',
  'DIB_BLOCK_DEVICE_CONFIG|DOCKER_TARGET|RAMDISK_ELEMENT|DIB_SHOW_IMAGE_USAGE(_FULL)?|DIB_IMAGE_FILENAME|DIB_IMAGE_NAME',
  'DIB_ENV_FILE|CLEAR_ENV|FLAVOURS_DIR|DIB_DEFAULT_OPERATING_SYSTEM',
  'DIB_KERNEL_VERSION|DIB_SIGNED_KERNEL_VERSION|DIB_MODULE_ROOT|DIB_LIB_UDEV_ROOT|BUSYBOX|DIB_RAMDISK_(MODULES|COMPRESSION|FROM_HOST)',
  'INSTALL_PACKAGES|SKIP_BASE|IMAGE_ELEMENT(_YAML)?|ELEMENTS_PATH|DIB_IMAGE_CACHE|DIB_OFFLINE|DIB_ROOT_LABEL',
  'DIB_ROOT_FSTYPE|DIB_ROOT_UUID|DIB_BOOT_.*|DIB_MOUNTPOINTS|DIB_PARTITION_TABLE|DIB_REPO(TYPE|LOCATION|REF|CHECKSUM)_.*',
  'DIB_GITREPOBASE|NO_SOURCE_REPOSITORIES|BASH_FUNC_get_image_element_array%%',
);
