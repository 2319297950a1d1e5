// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { expectDone, failureIn, printedBy, stepsOf, textsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildPlace } from '../support/build-place.ts';

const bash = (text: string): string => `#!/bin/bash\nset -eu -o pipefail\n${text}\n`;

const packed = ['-t', 'tar', '-o', 'x', 'awkward'];

function element(place: BuildPlace, hooks: Readonly<Record<string, string>>): void {
  const files = Object.entries(hooks).map(([path, text]) => [path, bash(text)] as const);
  place.element('awkward', { 'element-deps': 'tiny-os\n', ...Object.fromEntries(files) });
}

/** A file of the tree as it was packed. */
function packedFile({ out }: BuildPlace, path: string): string {
  const read = spawnSync('tar', ['-xOf', join(out, 'x.tar'), `./${path}`], { encoding: 'utf8' });
  if (read.status !== 0) throw new Error(read.stderr);
  return read.stdout;
}

/** `mode owner path` of everything below directories of the tree, as it was packed. */
function packedList({ out }: BuildPlace, ...paths: readonly string[]): readonly string[] {
  const words = ['-tvf', join(out, 'x.tar'), '--numeric-owner', ...paths.map((path) => `./${path}`)];
  const { stdout } = spawnSync('tar', words, { encoding: 'utf8' });
  return stdout
    .trimEnd()
    .split('\n')
    .map((line) => line.replace(/^(\S+) (\S+) .*? (\.\/.*)$/, '$1 $2 $3'));
}

describeForEveryone('a hook', (place) => {
  test('that leaves daemons does not hold the build up; they are ended and said', async () => {
    element(place(), {
      'install.d/40-quiet':
        'setsid sleep 1000 >/dev/null 2>&1 </dev/null &\nuntil [ "$(</proc/$!/comm)" = sleep ]; do :; done',
      'install.d/50-loud': 'setsid bash -c "while sleep 0.1; do echo still here; done" &',
      'cleanup.d/50-look': 'grep -l -z -a "still here" /proc/[0-9]*/cmdline || echo nobody',
    });
    const outcome = expectDone(await place().create(packed));
    const notes = textsOf(outcome, 'note').filter((note) => note.startsWith('ended processes'));
    expect(notes).toEqual([
      'ended processes left behind: sleep',
      expect.stringMatching(/^ended processes left behind: (bash|sleep)/),
    ]);
    expect(printedBy(outcome, 'cleanup.d/50-look').at(-1)).toBe('nobody');
  });

  test('that binds a directory of the host into the tree lends it to hooks up to post-root.d, also when it is reused', async () => {
    const cache = join(place().directory, 'home/packages');
    mkdirSync(cache, { mode: 0o777 });
    spawnSync('chown', [`${place().person.uid}:${place().person.gid}`, cache]);
    element(place(), {
      'root.d/50-lend': `mkdir -p "$TARGET_ROOT/var/cache/packages"\nmount --bind ${cache} "$TARGET_ROOT/var/cache/packages"`,
      'install.d/50-fetch': 'echo one >>/var/cache/packages/fetched',
      'post-root.d/50-count': 'wc -l <"$TMP_MOUNT_PATH/var/cache/packages/fetched"',
      'pre-finalise.d/50-look': 'ls "$TMP_MOUNT_PATH/var/cache/packages" | wc -l',
    });
    const first = expectDone(await place().create(packed));
    expect(printedBy(first, 'post-root.d/50-count')).toEqual(['1']);
    expect(printedBy(first, 'pre-finalise.d/50-look')).toEqual(['0']);
    expect(packedList(place(), 'var/cache')).toEqual([
      'drwxr-xr-x 0/0 ./var/cache/',
      'drwxr-xr-x 0/0 ./var/cache/packages/',
    ]);
    element(place(), { 'install.d/50-fetch': 'echo two >>/var/cache/packages/fetched' });
    const again = expectDone(await place().create(packed));
    expect(stepsOf(again).slice(0, 3)).toEqual([
      'reused root.d/10-tree',
      'reused root.d/50-lend',
      'ran install.d/50-fetch',
    ]);
    expect(readFileSync(join(cache, 'fetched'), 'utf8')).toBe('one\ntwo\n');
  });

  test('makes files of the usual modes whatever the umask of who builds, whose the output is', async () => {
    element(place(), { 'install.d/50-make': 'mkdir -p /opt/made && echo x >/opt/made/file' });
    const usual = process.umask(0o077);
    const { outcome } = place().start(packed);
    process.umask(usual);
    expectDone(await outcome);
    expect(packedList(place(), 'opt/made')).toEqual([
      'drwxr-xr-x 0/0 ./opt/made/',
      '-rw-r--r-- 0/0 ./opt/made/file',
    ]);
    expect(packedList(place(), '')[0]).toBe('drwxr-xr-x 0/0 ./');
    expect(statSync(join(place().out, 'x.tar')).mode & 0o777).toBe(0o600);
  });

  test('of extra-data.d may add hooks, files and variables for the phases after it', async () => {
    element(place(), {
      'extra-data.d/50-add': [
        'mkdir -p "$TMP_HOOKS_PATH/install.d" "$TMP_HOOKS_PATH/static"',
        'echo "export ADDED=yes" >"$TMP_HOOKS_PATH/environment.d/50-added.bash"',
        'echo data >"$TMP_HOOKS_PATH/static/data"',
        'printf "#!/bin/bash\\necho \\$ADDED \\$(cat \\$(dirname \\$0)/../static/data)\\n" >"$TMP_HOOKS_PATH/install.d/60-added"',
        'chmod +x "$TMP_HOOKS_PATH/install.d/60-added"',
      ].join('\n'),
      'install.d/50-before': 'echo before',
    });
    const outcome = expectDone(await place().create(packed));
    expect(printedBy(outcome, 'install.d/60-added')).toEqual(['yes data']);
    const again = expectDone(await place().create(packed));
    expect(stepsOf(again)).toEqual([
      'reused root.d/10-tree',
      'ran extra-data.d/50-add',
      'reused install.d/50-before',
      'reused install.d/60-added',
    ]);
  });

  test('of root.d that adds hooks runs in every build, and what follows is reused', async () => {
    element(place(), {
      'root.d/50-add':
        'printf "#!/bin/bash\\necho added\\n" >"$TMP_HOOKS_PATH/install.d/60-added"\nchmod +x "$TMP_HOOKS_PATH/install.d/60-added"',
      'install.d/50-before': 'echo before',
    });
    expect(printedBy(expectDone(await place().create(packed)), 'install.d/60-added')).toEqual(['added']);
    expect(stepsOf(expectDone(await place().create(packed)))).toEqual([
      'reused root.d/10-tree',
      'ran root.d/50-add',
      'reused install.d/50-before',
      'reused install.d/60-added',
    ]);
  });

  test('of root.d that leaves files for later hooks beside the tree runs in every build', async () => {
    element(place(), {
      'root.d/50-leave': 'echo left | tee "$TMP_BUILD_DIR/of-build" >"$TMP_IMAGE_DIR/of-image"',
      'cleanup.d/50-read': 'cat "$TMP_BUILD_DIR/of-build" "$TMP_IMAGE_DIR/of-image"',
    });
    expect(printedBy(expectDone(await place().create(packed)), 'cleanup.d/50-read')).toEqual([
      'left',
      'left',
    ]);
    const again = expectDone(await place().create(packed));
    expect(printedBy(again, 'cleanup.d/50-read')).toEqual(['left', 'left']);
    expect(stepsOf(again).slice(0, 2)).toEqual(['reused root.d/10-tree', 'ran root.d/50-leave']);
  });

  test('of root.d need not make the directory etc', async () => {
    place().element('bare', {
      'element-provides': 'operating-system\n',
      'root.d/10-bare': bash('mkdir "$TARGET_ROOT/opt"\necho x >"$TARGET_ROOT/opt/file"'),
    });
    expectDone(await place().create(['-n', '-t', 'tar', '-o', 'x', 'bare']));
    expect(packedFile(place(), 'opt/file')).toBe('x\n');
  });

  test('is run by its install type', async () => {
    place().element('awkward', {
      'element-deps': 'tiny-os\ninstall-types\n',
      'install.d/awkward-source-install/50-source': bash('echo from source'),
      'install.d/awkward-package-install/50-package': bash('echo from package'),
    });
    for (const type of ['source', 'package']) {
      for (const which of ['source', 'package']) {
        spawnSync('chmod', [
          '+x',
          join(place().directory, `elements/awkward/install.d/awkward-${which}-install/50-${which}`),
        ]);
      }
      const environment = { DIB_INSTALLTYPE_awkward: type };
      const outcome = expectDone(await place().create(packed, { environment }));
      expect(stepsOf(outcome).filter((step) => step.includes('install.d/50'))).toEqual([
        `ran install.d/50-${type}`,
      ]);
    }
  });

  test('leaves nothing of the build in the image', async () => {
    element(place(), {
      'install.d/50-litter': [
        'echo x >/tmp/litter; mkdir /tmp/more; echo log >/var/log/loud; mkdir /var/log/d; echo y >/var/log/d/e',
        'echo z >/root/install.log; echo keep >/root/kept; cat /etc/resolv.conf >/etc/seen',
        'mkdir /.hidden; echo h >/.hidden/file',
      ].join('\n'),
    });
    expectDone(await place().create(packed));
    expect(packedList(place(), 'tmp', 'var/log', 'root', '.hidden', 'proc', 'sys', 'dev')).toEqual([
      'drwxr-xr-x 0/0 ./.hidden/',
      '-rw-r--r-- 0/0 ./.hidden/file',
      'drwxr-xr-x 0/0 ./dev/',
      'drwxr-xr-x 0/0 ./proc/',
      'drwxr-xr-x 0/0 ./root/',
      '-rw-r--r-- 0/0 ./root/kept',
      'drwxr-xr-x 0/0 ./sys/',
      'drwxrwxrwt 0/0 ./tmp/',
      'drwxr-xr-x 0/0 ./var/log/',
      'drwxr-xr-x 0/0 ./var/log/d/',
      '-rw-r--r-- 0/0 ./var/log/d/e',
      '-rw-r--r-- 0/0 ./var/log/loud',
    ]);
    expect(packedFile(place(), 'var/log/loud')).toBe('');
    expect(packedFile(place(), 'etc/resolv.conf')).toBe('nameserver 192.0.2.1\n');
    expect(packedFile(place(), 'etc/seen')).toBe(readFileSync('/etc/resolv.conf', 'utf8'));
    expect(packedFile(place(), 'etc/fstab')).toBe('LABEL=cloudimg-rootfs / ext4 defaults 0 1\n');
  });

  test('may give files to any owner and set any mode', async () => {
    element(place(), {
      'install.d/50-own':
        'mkdir /o; touch /o/a /o/b; chown 33:44 /o/a; chown 65534:65534 /o/b; chmod 6751 /o/b; ln -s a /o/l; ln /o/a /o/h; chmod 2775 /o',
    });
    expectDone(await place().create(packed));
    expect(packedList(place(), 'o')).toEqual([
      'drwxrwsr-x 0/0 ./o/',
      '-rw-r--r-- 33/44 ./o/a',
      '-rwsr-s--x 65534/65534 ./o/b',
      'hrw-r--r-- 33/44 ./o/h link to ./o/a',
      'lrwxrwxrwx 0/0 ./o/l -> a',
    ]);
  });
});

describe('a build fails with words when', () => {
  const place = useBuildPlace('root');

  test('no element puts a system into the tree', async () => {
    place().element('void', { 'element-provides': 'operating-system\n' });
    const outcome = await place().create(['-t', 'tar', '-o', 'x', 'void']);
    expect({ status: outcome.status, failure: failureIn(outcome) }).toEqual({
      status: 1,
      failure: { kind: 'empty-tree' },
    });
  });

  test('a hook is ended by a signal', async () => {
    element(place(), { 'install.d/50-die': 'kill -SEGV $$' });
    expect(failureIn(await place().create(packed))).toEqual({
      kind: 'hook-failed',
      phase: 'install.d',
      script: '50-die',
      element: 'awkward',
      exitStatus: 139,
      lastLines: [],
    });
  });

  test('a file of environment.d uses a variable that is not set', async () => {
    place().element('awkward', {
      'element-deps': 'tiny-os\n',
      'environment.d/10-unset.bash': 'export X=$NEVER_SET\n',
    });
    const failure = failureIn(await place().create(packed));
    expect(failure).toMatchObject({ kind: 'hook-failed', phase: 'root.d', script: '10-tree', exitStatus: 1 });
    expect(failure).toHaveProperty('lastLines', [
      expect.stringMatching(/10-unset\.bash: line 1: NEVER_SET: unbound variable$/),
      'environment.d/10-unset.bash ended with status 1, so the hook was not started',
    ]);
  });
});
