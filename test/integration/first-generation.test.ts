// SPDX-License-Identifier: Apache-2.0
import { mkdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { GiB } from '../../lib/model/brands.ts';
import { expectDone, failureIn, printedBy, stepsOf, textsOf } from '../support/build-events.ts';
import { describeForEveryone, useBuildPlace } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace } from '../support/build-place.ts';
import { succeed } from '../support/ordinary-user.ts';
import { packageRoot } from '../support/run-command.ts';

const flavours = join(packageRoot, 'test/fixtures/flavours');

/** Where that person can read it. */
function flavoursFor({ directory }: BuildPlace): string {
  const copy = join(directory, 'flavours');
  mkdirSync(copy, { recursive: true });
  succeed('cp', ['-R', `${flavours}/.`, copy]);
  return copy;
}

function createFlavours(
  place: BuildPlace,
  argv: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<BuildOutcome> {
  return place.create(argv, { environment: { FLAVOURS_DIR: flavoursFor(place), ...environment } });
}

const membersOf = (tar: string): readonly string[] =>
  succeed('tar', ['-tf', tar])
    .trimEnd()
    .split('\n')
    .map((name) => name.replace(/^\.\//, ''));

const textIn = (tar: string, path: string): string => succeed('tar', ['-xOf', tar, `./${path}`]);

const ofFirstBoot = (tar: string): readonly string[] =>
  membersOf(tar)
    .filter((name) => /first-boot|rc\.local/.test(name))
    .sort();

/** As if systemd were installed. */
const withSystemd = {
  'element-deps': 'tiny-os\n',
  'install.d/10-systemd': `#!/bin/bash
set -eu
mkdir -p /usr/lib/systemd/system
cp /usr/bin/true /usr/lib/systemd/systemd
ln -s ../lib/systemd/systemd /usr/sbin/init
`,
};

describeForEveryone('flavours', (place) => {
  test('are mixed in the order of their names on the command line', async () => {
    const outcome = expectDone(
      await createFlavours(place(), ['-t', 'tar', '-o', 'x', 'tiny-os', 'web', 'web-here', 'notes']),
    );
    const tar = join(place().out, 'x.tar');
    expect(textIn(tar, 'etc/web/settings')).toBe('port 8080\n');
    expect(textsOf(outcome, 'note')).toContain(
      'install.d/defaults of web gives way to that of web-here, a later flavour',
    );
    expect(textsOf(outcome, 'note').filter((note) => note.includes('does not run'))).toEqual([
      'web/first-boot.d/words does not run: it is not executable',
    ]);
    expectDone(await createFlavours(place(), ['-t', 'tar', '-o', 'y', 'tiny-os', 'web-here', 'web']));
    expect(textIn(join(place().out, 'y.tar'), 'etc/web/settings')).toBe('port 80\n');
  });
});

describeForEveryone('first-boot.d', (place) => {
  test('is armed by a unit where systemd starts the system', async () => {
    place().element('with-systemd', withSystemd);
    expectDone(await createFlavours(place(), ['-t', 'tar', '-o', 'x', 'with-systemd', 'web', 'web-here']));
    const tar = join(place().out, 'x.tar');
    expect(ofFirstBoot(tar)).toEqual([
      'etc/first-boot.d/',
      'etc/first-boot.d/.run',
      'etc/first-boot.d/10-name',
      'etc/first-boot.d/20-certificate',
      'etc/first-boot.d/30-start',
      'etc/first-boot.d/9-early',
      'etc/first-boot.d/words',
      'usr/lib/systemd/system/first-boot.service',
      'usr/lib/systemd/system/multi-user.target.wants/first-boot.service',
    ]);
    const listed = succeed('tar', ['-tvf', tar]);
    expect(listed).toContain('multi-user.target.wants/first-boot.service -> ../first-boot.service');
    expect(listed).toMatch(/^-rwxr-xr-x (root\/root|0\/0) .* \.\/etc\/first-boot\.d\/\.run$/m);
    expect(textIn(tar, 'etc/first-boot.d/10-name')).toBe(
      readFileSync(join(flavours, 'web/first-boot.d/10-name'), 'utf8'),
    );
  });

  test('is armed through rc.local elsewhere; runs in order, each once, and what failed again', async () => {
    place().element('rc-local', {
      'element-deps': 'tiny-os\n',
      'install.d/10-rc-local':
        "#!/bin/bash\nset -eu\nprintf '#!/bin/sh\\necho what was here before: $1\\n' >/etc/rc.local\nchmod +x /etc/rc.local\n",
      'cleanup.d/50-boot': `#!/bin/bash
set -eu
boot() {
    # Into a file: what a script leaves running would keep a pipe open.
    sudo chroot "$TARGET_ROOT" /etc/rc.local word >"$TMP_BUILD_DIR/said" 2>&1
    sed 's/^....-..-.. ..:..:.. //; s/^/boot: /' "$TMP_BUILD_DIR/said"
}
boot
sudo touch "$TARGET_ROOT/etc/web/certificate"
boot
boot
cp "$TARGET_ROOT/var/log/first-boot.log" log
`,
    });
    const outcome = await createFlavours(place(), ['-t', 'tar', '-o', 'x', 'rc-local', 'web', 'web-here']);
    const said = printedBy(expectDone(outcome), 'cleanup.d/50-boot');
    const last = ['boot: what was here before: word'];
    expect(said.filter((line) => line.startsWith('boot: '))).toEqual([
      'boot: first-boot: running 9-early',
      'boot: first-boot: 9-early is done',
      'boot: first-boot: running 10-name',
      'boot: Hello from the first script',
      'boot: first-boot: 10-name is done',
      'boot: first-boot: running 20-certificate',
      'boot: there is no certificate yet',
      'boot: first-boot: 20-certificate failed with exit status 3: it and what comes after it is left to the next boot',
      ...last,
      'boot: first-boot: running 20-certificate',
      'boot: first-boot: 20-certificate is done',
      'boot: first-boot: running 30-start',
      'boot: first-boot: 30-start is done',
      'boot: first-boot: all scripts are done',
      ...last,
      ...last,
    ]);
    const log = readFileSync(join(place().out, 'log'), 'utf8').trimEnd().split('\n');
    const stamped = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d /;
    expect(log.map((line) => `boot: ${line.replace(stamped, '')}`)).toEqual(
      said.filter((line) => line.startsWith('boot: ') && !line.includes('was here before')),
    );
    const tar = join(place().out, 'x.tar');
    expect(ofFirstBoot(tar)).toEqual(['etc/rc.local', 'var/log/first-boot.log']);
    expect(
      textIn(tar, 'etc/web/log')
        .replaceAll(/ at boot .*/g, '')
        .split('\n'),
    ).toEqual(['early', 'name', 'certificate', 'certificate', 'start', '']);
  });
});

describe('first-boot.d', () => {
  const place = useBuildPlace('root');

  test('a changed script makes only its own layer anew, and those on top of it', async () => {
    const script = (text: string): string => `#!/bin/sh\necho ${text}\n`;
    place().element('late', {
      'element-deps': 'tiny-os\n',
      'install.d/50-install': '#!/bin/bash\ntrue\n',
      'finalise.d/50-finalise': '#!/bin/bash\ntrue\n',
      'first-boot.d/10-one': script('one'),
      'first-boot.d/20-two': script('two'),
      'first-boot.d/30-three': script('three'),
    });
    const build = async (): Promise<readonly string[]> =>
      stepsOf(expectDone(await place().create(['-t', 'tar', '-o', 'x', 'late'])));
    await build();
    const before = [
      'root.d/10-tree',
      'install.d/50-install',
      'finalise.d/50-finalise',
      'first-boot.d/10-one',
    ];
    const after = ['first-boot.d/20-two', 'first-boot.d/30-three'];
    expect(await build()).toEqual([...before, ...after].map((title) => `reused ${title}`));
    place().element('late', { 'first-boot.d/20-two': script('another') });
    expect(await build()).toEqual([
      ...before.map((title) => `reused ${title}`),
      ...after.map((title) => `ran ${title}`),
    ]);
    const tar = join(place().out, 'x.tar');
    expect(textIn(tar, 'etc/first-boot.d/20-two')).toBe(script('another'));
  });

  test('runs whatever RUN_PARTS_REGEX lets through', async () => {
    place().element('dotted', {
      'element-deps': 'tiny-os\n',
      'first-boot.d/10-one.sh': '#!/bin/sh\necho one\n',
      'first-boot.d/20-two': '#!/bin/sh\necho two\n',
      'cleanup.d/50-boot.sh': '#!/bin/bash\nsudo chroot "$TARGET_ROOT" /etc/rc.local\n',
    });
    const environment = { RUN_PARTS_REGEX: '(\\.sh|10-tree)$' };
    const outcome = await place().create(['-t', 'tar', '-o', 'x', 'dotted'], { environment });
    const said = printedBy(expectDone(outcome), 'cleanup.d/50-boot.sh').map((line) =>
      line.replace(/^\S+ \S+ /, ''),
    );
    expect(said).toEqual([
      'first-boot: running 10-one.sh',
      'one',
      'first-boot: 10-one.sh is done',
      'first-boot: all scripts are done',
    ]);
    expect(ofFirstBoot(join(place().out, 'x.tar'))).toEqual(['var/log/first-boot.log']);
  });
});

describe('block-device-size.d', () => {
  const place = useBuildPlace('an ordinary user');
  const sizeOf = (): number => statSync(join(place().out, 'x.raw')).size / GiB;
  const argv = ['-t', 'raw', '-o', 'x', 'tiny-os', 'web', 'web-here'];

  test('the last size that is printed is that of the disk', async () => {
    const outcome = expectDone(await createFlavours(place(), argv));
    expect(sizeOf()).toBe(3);
    expect(stepsOf(outcome).slice(0, 2)).toEqual([
      'ran block-device-size.d/10-web',
      'ran block-device-size.d/20-here',
    ]);
  });

  test('the size that the user gives comes before it, and the build says so', async () => {
    const outcome = expectDone(await createFlavours(place(), [...argv, '--image-size', '2.5']));
    expect(sizeOf()).toBe(2.5);
    expect(stepsOf(outcome)[0]).toBe('ran root.d/10-tree');
    expect(textsOf(outcome, 'note')).toContain(
      'block-device-size.d of web and web-here is not asked: the image size is given as 2.5 GB',
    );
  });

  test('later hooks see it; what is no size is refused', async () => {
    place().element('asking', {
      'element-deps': 'tiny-os\n',
      'block-device-size.d/10-asking': '#!/bin/sh\nexport IMAGE_SIZE=8\necho "IMAGE_SIZE=\'1.5\'"\n',
      'install.d/10-see': '#!/bin/bash\necho "$IMAGE_SIZE $DIB_IMAGE_SIZE"\n',
    });
    const outcome = expectDone(await place().create(['-t', 'raw', '-o', 'x', 'asking']));
    expect(printedBy(outcome, 'install.d/10-see')).toEqual(['1.5 1.5']);
    expect(sizeOf()).toBe(1.5);
    place().element('asking', { 'block-device-size.d/10-asking': '#!/bin/sh\necho IMAGE_SIZE=large\n' });
    const refused = await place().create(['-t', 'raw', '-o', 'y', 'asking']);
    expect(refused.status).toBe(2);
    expect(failureIn(refused)).toEqual({
      kind: 'input-invalid',
      problems: [
        {
          message: 'block-device-size.d/10-asking printed IMAGE_SIZE=large, which is no size in GB',
          hints: ['let it print a number above 0, as in IMAGE_SIZE=16'],
        },
      ],
    });
  });
});
