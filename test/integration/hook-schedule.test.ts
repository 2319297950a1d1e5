// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { phasesOfTree } from '../../lib/model/phases.ts';
import type { PhaseName } from '../../lib/model/phases.ts';
import { expectDone, printedBy, stepsOf } from '../support/build-events.ts';
import { describeForEveryone } from '../support/build-place.ts';
import type { BuildOutcome, BuildPlace } from '../support/build-place.ts';

/** Prints all that a hook can see, one thing a line; `%q` keeps a value on its line. */
const probe = `#!/bin/bash
set -eu -o pipefail
echo "directory $PWD"
echo "user $(id -u):$(id -g)"
echo "functions $(declare -F | awk '{ printf "%s ", $3 }')"
while read -r name; do printf 'variable %s=%q\\n' "$name" "\${!name}"; done < <(compgen -e | LC_ALL=C sort)
awk -v tree="\${TMP_MOUNT_PATH:-}" '
    index($5, tree) == 1 { $5 = substr($5, length(tree) + 1) } 
    $5 !~ "^/(sys|proc)/." { split($6, options, ","); print "mount", $5 == "" ? "/" : $5, options[1] }
' <(if [ "$1" = host ]; then grep "$TMP_MOUNT_PATH" /proc/self/mountinfo; else cat /proc/self/mountinfo; fi)
`;

const probeFor = (runsIn: 'host' | 'target'): string =>
  probe.replace('[ "$1" = host ]', runsIn === 'host' ? 'true' : 'false');

const phasesWithTree = phasesOfTree.flatMap((phase) => (phase.runsIn !== 'guest' ? [phase] : []));

async function probed(place: BuildPlace): Promise<BuildOutcome> {
  const hooks = phasesWithTree.map(({ name, runsIn }) => [`${name}/50-probe`, probeFor(runsIn)] as const);
  place.element('probe', {
    'element-deps': 'tiny-os\n',
    'environment.d/10-probe.bash': 'export PROBE="$IMAGE_NAME of the probe"\n',
    ...Object.fromEntries(hooks),
  });
  const environment = { CALLER_SAYS: 'two words', TMPDIR: `${place.directory}/tmp`, VIRTUAL_ENV: '/venv' };
  return expectDone(await place.create(['-t', 'tar', '-o', 'x', 'probe'], { environment }));
}

type Seen = {
  readonly directory: string;
  readonly user: string;
  readonly functions: string;
  readonly variables: Readonly<Record<string, string>>;
  readonly mounts: readonly string[];
};

function seenIn(outcome: BuildOutcome, place: BuildPlace, phase: PhaseName): Seen {
  const lines = printedBy(outcome, `${phase}/50-probe`).map(place.portable);
  const of = (word: string): readonly string[] =>
    lines.filter((line) => line.startsWith(`${word} `)).map((line) => line.slice(word.length + 1));
  const entries = of('variable').map((line) => line.split(/=(.*)/s).slice(0, 2) as [string, string]);
  return {
    directory: of('directory').join(),
    user: of('user').join(),
    functions: of('functions').join().trim(),
    variables: Object.fromEntries(entries.map(([name, value]) => [name, withoutIds(value)])),
    mounts: of('mount'),
  };
}

const withoutIds = (value: string): string =>
  value
    .replace(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/, 'UUID')
    .replace(/dib_image\.\w{8}/, 'dib_image.UNIQUE');

const inTree = ['/ rw', '/proc rw', '/sys ro', '/dev rw'];
const devices = ['null', 'zero', 'full', 'random', 'urandom', 'tty', 'pts', 'shm'].map(
  (name) => `/dev/${name} rw`,
);
const withApi = [...inTree, ...devices, '/tmp/in_target.d ro'];

const systemPath = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';

/** The same in every phase. `%q` of bash quotes them. */
const common = {
  ARCH: expect.stringMatching(/^[a-z0-9]+$/) as string,
  CALLER_SAYS: String.raw`two\ words`,
  DIB_ARGS: String.raw`-n\ --progress=json\ -t\ tar\ -o\ x\ probe`,
  DIB_BLOCK_DEVICE_PARAMS_YAML: '{build}/dib_build.ID/block-device/params.yaml',
  DIB_BOOT_FSTYPE: 'ext4',
  DIB_BOOT_LABEL: "''",
  DIB_BOOT_PARTITION: "''",
  DIB_BOOT_UUID: 'UUID',
  DIB_BUILDER_ENTRY: '{root}/bin/diskimage-builder',
  DIB_BUILDER_NODE: process.execPath,
  DIB_CHECKSUM: '0',
  DIB_DEBUG_TRACE: '0',
  DIB_DEFAULT_INSTALLTYPE: 'source',
  DIB_ENV: String.raw`declare\ -x\ DIB_IMAGE_CACHE=\"{place}/cache\"`,
  DIB_IMAGE_CACHE: '{place}/cache',
  DIB_LOCKFILES: '{place}/home/.cache/dib/lockfiles',
  DIB_MIN_TMPFS: '2',
  DIB_MOUNTPOINTS: '/',
  DIB_NO_TMPFS: '0',
  DIB_OFFLINE: "''",
  DIB_PARTITION_TABLE: 'none',
  DIB_PYTHON_EXEC: 'python3',
  DIB_ROOT_FSTYPE: 'ext4',
  DIB_ROOT_LABEL: 'cloudimg-rootfs',
  DIB_ROOT_UUID: 'UUID',
  ELEMENTS_PATH: '{place}/elements:{root}/test/fixtures/elements:{root}/elements',
  FS_TYPE: 'ext4',
  IMAGE_ELEMENT: String.raw`tiny-os\ probe`,
  IMAGE_ELEMENT_YAML: String.raw`\{\"tiny-os\":\"{root}/test/fixtures/elements/tiny-os\"\,\"probe\":\"{place}/elements/probe\"\}`,
  IMAGE_NAME: 'x',
  IMAGE_TYPE: 'tar',
  IMAGE_TYPES: 'tar',
  LC_ALL: 'C',
  PROBE: String.raw`x\ of\ the\ probe`,
  /** A bash of uid 0 takes none from outside. */
  PS4: String.raw`+\ `,
  SHLVL: expect.stringMatching(/^\d+$/) as string,
  SKIP_BASE: '1',
  TMP_BUILD_DIR: '{build}/dib_build.ID',
  TMP_HOOKS_PATH: '{build}/dib_build.ID/hooks',
  TMP_IMAGE_DIR: '{place}/tmp/dib_image.UNIQUE',
  TMP_MOUNT_PATH: '{build}/dib_build.ID/mnt',
  _LIB: '{root}/lib/target',
};

describeForEveryone('the hooks of a build', (place) => {
  test('run phase by phase and see what is promised', async () => {
    const outcome = await probed(place());
    expect(stepsOf(outcome)).toEqual([
      'ran root.d/10-tree',
      ...phasesWithTree.map(({ name }) => `ran ${name}/50-probe`),
    ]);
    const onHost = {
      directory: '{place}/out',
      user: '0:0',
      functions: 'die get_image_element_array',
      variables: {
        ...common,
        HOME: '{place}/home',
        PATH: place().portable(`{root}/lib/target/host-bin:${place().path}:${systemPath}`),
        PWD: '{place}/out',
        PYTHONPATH: '{root}/lib/target/python',
        TMPDIR: '{place}/tmp',
        VIRTUAL_ENV: '/venv',
      },
    };
    const inTarget = {
      directory: '/',
      user: '0:0',
      functions: '',
      variables: {
        ...common,
        HOME: '/root',
        PATH: systemPath,
        PWD: '/',
      },
      mounts: withApi,
    };
    const withTargetRoot = {
      ...onHost,
      variables: { ...onHost.variables, TARGET_ROOT: '{build}/dib_build.ID/mnt' },
    };
    expect(
      Object.fromEntries(phasesWithTree.map(({ name }) => [name, seenIn(outcome, place(), name)])),
    ).toEqual({
      'root.d': { ...withTargetRoot, mounts: ['/ rw'] },
      'extra-data.d': { ...onHost, mounts: withApi },
      'pre-install.d': inTarget,
      'install.d': inTarget,
      'post-install.d': inTarget,
      'post-root.d': { ...onHost, mounts: withApi },
      'pre-finalise.d': { ...onHost, mounts: withApi },
      'finalise.d': inTarget,
      'cleanup.d': { ...withTargetRoot, mounts: withApi },
    });
  });
});
