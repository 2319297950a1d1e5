// SPDX-License-Identifier: Apache-2.0
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeForEveryone } from '../support/build-place.ts';
import { expectDone, failureIn } from '../support/build-events.ts';
import { requires } from '../support/requires.ts';

describeForEveryone('hooks call the shell library', (place) => {
  const start = '#!/bin/bash\nset -eu -o pipefail\nsource "$_LIB/img-functions"\n';

  test('in the tree, and find done what the builder does', async () => {
    place().element('caller', {
      'environment.d/10-caller.bash': 'export FRUIT="two apples"\n',
      'extra-data.d/50-calls': `${start}
        run_in_target 'echo "$FRUIT in $PWD, HOME $HOME, $1" >/told; ls /tmp/in_target.d | grep caller.txt >>/told' \\
          && run_in_target "cat /proc/self/comm" >>"$TMP_MOUNT_PATH/told"
        run_in_target "echo \\$PATH" >>"$TMP_MOUNT_PATH/told"
        if run_in_target false; then exit 9; fi
        run_d_in_target extra
        before=$(find "$TMP_BUILD_DIR" -maxdepth 1 | sort)
        mk_build_dir; generate_hooks; create_base; mount_proc_dev_sys; cleanup_build_dir; trap - EXIT
        [ "$(find "$TMP_BUILD_DIR" -maxdepth 1 | sort)" = "$before" ]`,
      'extra.d/20-in-tree': '#!/bin/bash\necho "run_d_in_target as $(dirname "$0"), $FRUIT" >>/told\n',
      'caller.txt': '',
      'root.d/90-early': `${start}
        # Nothing is mounted in the tree yet.
        run_d_in_target extra
        mv "$TMP_MOUNT_PATH/told" "$TMP_MOUNT_PATH/told-early"
        [ ! -e "$TMP_MOUNT_PATH/tmp/in_target.d" ]`,
      'cleanup.d/50-saves': `${start}
        mkdir "$TMP_MOUNT_PATH/held"
        mount -t tmpfs tmpfs "$TMP_MOUNT_PATH/held"
        unmount_dir "$TMP_MOUNT_PATH/held/.."
        ! mountpoint -q "$TMP_MOUNT_PATH/held"
        rmdir "$TMP_MOUNT_PATH/held"
        for name in told told-early; do
          cp "$TMP_MOUNT_PATH/$name" "$TMP_IMAGE_DIR/$name"
          save_image "$IMAGE_NAME.$name" "$TMP_IMAGE_DIR/$name"
        done`,
    });
    const words = ['-t', 'tar', '-o', 'out', '--checksum', 'tiny-os', 'caller'];
    expectDone(await place().create(words));
    const told = (name: string): string => readFileSync(join(place().out, name), 'utf8');
    expect(told('out.told')).toBe(
      [
        'two apples in /, HOME /root, ',
        'caller.txt',
        'cat',
        '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
        'run_d_in_target as /tmp/in_target.d/extra.d, two apples',
        '',
      ].join('\n'),
    );
    expect(told('out.told-early')).toBe('run_d_in_target as /tmp/in_target.d/extra.d, two apples\n');
    expect(existsSync(join(place().out, 'out.told.sha256'))).toBe(true);
  });

  test('and ask about their disk', async () => {
    place().element('asker', {
      'element-deps': 'block-device-gpt\n',
      'root.d/90-asks': `#!/bin/bash
        set -eu -o pipefail
        for symbol in root-label root-fstype boot-label mount-points; do
          echo "$symbol=$(dib-block-device getval "$symbol")"
        done >"$TARGET_ROOT/asked"
        $_LIB/dib-block-device.py getval image-path | sed "s|^$TMP_IMAGE_DIR|DIRECTORY|" >>"$TARGET_ROOT/asked"
        ! dib-block-device getval root-lable
        ! dib-block-device getval image-block-device
        grep -q "^config: \\"$TMP_BUILD_DIR/" "$DIB_BLOCK_DEVICE_PARAMS_YAML"
        element-info asker "\${IMAGE_ELEMENT%% *}" tiny-os >>"$TARGET_ROOT/asked"
        dib-run-parts --list "$TMP_HOOKS_PATH/root.d" >>"$TARGET_ROOT/asked"`,
      'cleanup.d/50-shows': '#!/bin/bash\ncp "$TARGET_ROOT/asked" "$IMAGE_NAME.asked"\n',
    });
    const build = async (label: string): Promise<void> =>
      void expectDone(
        await place().create(['-t', 'tar', '-o', 'out', '--root-label', label, 'tiny-os', 'asker']),
      );
    const asked = (): string => readFileSync(join(place().out, 'out.asked'), 'utf8');
    const answers = (label: string): string =>
      [
        `root-label=${label}`,
        'root-fstype=ext4',
        'boot-label=',
        'mount-points=/',
        'DIRECTORY/image0.raw',
        'block-device-gpt asker tiny-os',
        '10-tree',
        '90-asks',
        '',
      ].join('\n');
    await build('plum');
    expect(asked()).toBe(answers('plum'));
    await build('pear');
    expect(asked()).toBe(answers('pear'));
  });

  describe('or Python', () => {
    requires({ programs: ['python3'] });

    test('and are told that its modules are not there', async () => {
      place().element('snake', {
        'root.d/90-imports':
          '#!/bin/bash\nexec "$DIB_PYTHON_EXEC" -B -m diskimage_builder.element_dependencies\n',
      });
      const outcome = await place().create(['-t', 'tar', '-o', 'out', 'tiny-os', 'snake']);
      expect(outcome.status).toBe(1);
      const failure = failureIn(outcome);
      const lastLines = failure?.kind === 'hook-failed' ? failure.lastLines : [];
      expect(lastLines.at(-1)).toMatch(
        /^ImportError: .* call the commands element-info, dib-block-device getval/,
      );
    });
  });
});
