// SPDX-License-Identifier: Apache-2.0
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checkInitFragments } from '../../lib/host/check-init-fragments.ts';
import { realHost } from '../../lib/host/real-host.ts';
import { composeInit } from '../../lib/ramdisk/compose-init.ts';
import { initFragments } from '../../lib/ramdisk/init-fragments.ts';
import { requires } from '../support/requires.ts';

let place: string;

beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'ramdisk-init-test-'));
  cpSync('lib/target/scripts/d', place, { recursive: true });
  file('proc/cmdline', 'console=ttyS0 quiet\n');
});

afterEach(() => rmSync(place, { recursive: true }));

function file(path: string, text: string): void {
  mkdirSync(dirname(join(place, path)), { recursive: true });
  writeFileSync(join(place, path), text);
}

type Ran = { readonly status: number | null; readonly lines: readonly string[] };

/** Runs an /init of these fragments, named by the letters a, b … of the element pear, as an ordinary process. */
function run(shell: readonly [string, ...string[]], ...texts: readonly string[]): Ran {
  const init = composeInit({
    prologue: readFileSync('lib/target/scripts/init', 'utf8'),
    epilogue: readFileSync('lib/target/scripts/init-end', 'utf8'),
    fragments: texts.map((text, index) => ({ name: 'abcdef'.charAt(index), element: 'pear', text })),
    shell: '/bin/sh',
  });
  file('init', init);
  const [program, ...words] = shell;
  const { status, stdout } = spawnSync(program, [...words, '-c', 'exec 2>&1; . "$0"', join(place, 'init')], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'] ?? '', DIB_INIT_ROOT: place },
  });
  return { status, lines: stdout.split('\n').slice(0, -1) };
}

const shells = [
  ['dash', ['dash']],
  ['bash', ['bash']],
  ['busybox', ['busybox', 'sh']],
] as const;

describe.each(shells)('fragments under %s', (program, shell) => {
  requires({ programs: [program] });

  const init = (...texts: readonly string[]): Ran => run(shell, ...texts);

  test('follow one another in one shell, with what the first has set for the next', () => {
    expect(
      init('fruit=apple\ngreet() { echo "hello $1"; }\n', 'greet "$fruit"\n', '', '# nothing to do'),
    ).toEqual({
      status: 0,
      lines: [
        'init: a from pear',
        'init: b from pear',
        'hello apple',
        'init: c from pear',
        'init: d from pear',
        'init: done; reboot',
      ],
    });
  });

  test('leave no options, no IFS and no directory to the next', () => {
    const first = 'set -efuC -a\nIFS=,\ncd /tmp\nlater=1\n';
    const second =
      'false\necho "$unset$PWD" /proc/self/stat*s\nset -- a,b\nx=a,b\nset -- $x\necho $#\nenv | grep -c ^x=\n';
    const { status, lines } = init(first, second);
    expect({ status, lines: lines.slice(2) }).toEqual({
      status: 0,
      lines: ['/ /proc/self/status', '1', '0', 'init: done; reboot'],
    });
  });

  test('do not fail by the status of their last command, and end with return', () => {
    expect(
      init('[ -n "" ] && echo no\n', 'set -e\n[ -n "" ] && echo no', 'return 5\necho no\n', 'return\n'),
    ).toEqual({
      status: 0,
      lines: [
        'init: a from pear',
        'init: b from pear',
        'init: c from pear',
        'init: c returned with status 5',
        'init: d from pear',
        'init: done; reboot',
      ],
    });
  });

  test('end /init with exit 0', () => {
    expect(init('echo one\nexit 0\n', 'echo two\n')).toEqual({
      status: 0,
      lines: ['init: a from pear', 'one', 'init: a has ended /init', 'init: done; reboot'],
    });
  });

  test.each([
    ['exit 3', 'exit status 3'],
    ['(exit 4)\nset -e\nfalse', 'exit status 1'],
    ['set -e\nfail() { false; echo no; }\nfail', 'exit status 1'],
    ['set -e\nreturn 6', 'exit status 6'],
    ['trap "echo trapped" INT\nexit 7', 'exit status 7'],
    ['trap - EXIT\ntroubleshoot\n', 'it asked for help'],
  ])('fail by %j, and the next does not run', (text, reason) => {
    expect(init('echo one\n', text, 'echo three\n')).toEqual({
      status: 1,
      lines: [
        'init: a from pear',
        'one',
        'init: b from pear',
        '',
        `init: the fragment b from pear failed: ${reason}`,
      ],
    });
  });

  test.each(['set -u\necho "$unset"', '. /nowhere/at/all'])(
    'fail by %j, in the words of the shell',
    (text) => {
      const { status, lines } = init(text, 'echo two\n');
      // bash forgives the second unless it is told to be a POSIX shell.
      if (program === 'bash' && text.startsWith('.')) return;
      expect(status).toBe(1);
      expect(lines.at(-1)).toMatch(/^init: the fragment a from pear failed: exit status \d+$/);
    },
  );

  test('say what is wrong, and keep the first message for who reports it', () => {
    const text = 'err_msg "no disk: sda, hda!"\nerr_msg "and more"\necho "$FIRST_ERR_MSG"\ntroubleshoot\n';
    expect(init(text)).toEqual({
      status: 1,
      lines: [
        'init: a from pear',
        'no disk: sda, hda!',
        'and more',
        'no+disk+sda+hda',
        '',
        'init: the fragment a from pear failed: and more',
      ],
    });
  });

  test('go on after the shell of troubleshoot, which only the first process opens, when the kernel was told so', () => {
    file('proc/cmdline', 'quiet troubleshoot\n');
    expect(init('err_msg wrong\ntroubleshoot\necho mended\n')).toEqual({
      status: 0,
      lines: [
        'init: a from pear',
        'wrong',
        '',
        'init: the fragment a from pear failed: wrong',
        'mended',
        'init: done; reboot',
      ],
    });
  });

  test('find the parameters of the kernel', () => {
    file(
      'proc/cmdline',
      'BOOT_IMAGE=/k ip=10.0.0.5:10.0.0.1:10.0.0.254:255.255.255.0:node:eth0:off:10.0.0.53 BOOTIF=01-52-54-00-ab-cd-ef ' +
        'disk=sda,vda deployment_id=7 deployment_key="a b=c" iscsi_target_iqn=iqn.2010-10.org.example:7 troubleshoot=0 ' +
        'empty disk=later "whole=x y"\ttab=t *\n',
    );
    const names =
      'BOOT_SERVER BOOT_IP_ADDRESS BOOT_NETMASK BOOT_GATEWAY BOOT_MAC_ADDRESS DISK DEPLOYMENT_ID DEPLOYMENT_KEY ISCSI_TARGET_IQN TROUBLESHOOT';
    const text = `set -eu
for name in ${names}; do eval "echo \\"\\$name=\\$$name\\""; done
echo "$ip_protocol $ip_host $ip_device $ip_dns0"
for name in whole empty missing disk tab; do
  if has_kernel_parameter $name; then echo "$name is '$(get_kernel_parameter $name)'"; else echo "no $name"; fi
done
value=$(get_kernel_parameter missing)
`;
    expect(init(text)).toEqual({
      status: 0,
      lines: [
        'init: a from pear',
        'BOOT_SERVER=10.0.0.1',
        'BOOT_IP_ADDRESS=10.0.0.5',
        'BOOT_NETMASK=255.255.255.0',
        'BOOT_GATEWAY=10.0.0.254',
        'BOOT_MAC_ADDRESS=52:54:00:AB:CD:EF',
        'DISK=sda,vda',
        'DEPLOYMENT_ID=7',
        'DEPLOYMENT_KEY=a b=c',
        'ISCSI_TARGET_IQN=iqn.2010-10.org.example:7',
        'TROUBLESHOOT=',
        'static node eth0 10.0.0.53',
        "whole is 'x y'",
        "empty is ''",
        'no missing',
        "disk is 'sda,vda'",
        "tab is 't'",
        'init: done; reboot',
      ],
    });
  });

  test.each([
    ['', ['dhcp', '', '', '']],
    ['ip=dhcp boot_server=10.0.2.2', ['dhcp', '', '', '10.0.2.2']],
    ['ip=eth1:dhcp', ['dhcp', '', 'eth1', '']],
    ['ip=:10.0.0.1::::eth1:dhcp boot_server=10.0.2.2', ['dhcp', '', 'eth1', '10.0.0.1']],
    ['ip=off', ['off', '', '', '']],
    ['ip=10.0.0.5 boot_server=10.0.2.2', ['static', '10.0.0.5', '', '10.0.2.2']],
  ])('know what %j says of the network', (words, expected) => {
    file('proc/cmdline', `${words}\n`);
    const text =
      'for word in "$ip_protocol" "$BOOT_IP_ADDRESS" "$ip_device" "$BOOT_SERVER"; do echo "=$word"; done\n';
    expect(init(text).lines.slice(1, -1)).toEqual(expected.map((word) => `=${word}`));
  });

  test('find cards by their address', () => {
    for (const [name, address, type] of [
      ['lo', '00:00:00:00:00:00', '772'],
      ['ens3', '52:54:00:ab:cd:ef', '1'],
      ['br0', '52:54:00:ab:cd:00', '1'],
    ] as const) {
      file(`sys/class/net/${name}/address`, `${address}\n`);
      file(`sys/class/net/${name}/type`, `${type}\n`);
    }
    file('sys/class/net/ens3/device/vendor', '0x1af4\n');
    const text =
      'interfaces\nfind_interface 52:54:00:AB:CD:EF\nfind_interface 52:54:00:AB:CD:00 || echo none\n';
    expect(init(text).lines.slice(1, -1)).toEqual(['ens3', 'ens3', 'none']);
  });

  test('find disks by name, size and serial number', () => {
    const disk = (name: string, gib: number, more: Readonly<Record<string, string>> = {}): void => {
      file(`sys/block/${name}/size`, `${gib * 2097152}\n`);
      file(`sys/class/block/${name}/size`, `${gib * 2097152}\n`);
      for (const [path, text] of Object.entries(more)) file(`sys/block/${name}/${path}`, `${text}\n`);
    };
    const find = (list: string): string =>
      init(`if disk=$(find_disk "${list}"); then echo "$disk"; else echo none; fi\n`).lines[1] ?? '';
    disk('vdb', 20, { 'device/model': '  Fast Disk  ', serial: 'S123' });
    expect(find('')).toBe('/dev/vdb');
    disk('sr0', 1);
    disk('sda', 4, { removable: '1' });
    disk('nvme0n1', 10, { removable: '0', wwid: 'eui.0025' });
    disk('cciss!c0d0', 30);
    disk('loop0', 1);
    expect(
      ['', 'sdz', 'sdz,vdb', '/dev/vdb3,nvme0n1', 'nvme0n1p2', 'cciss/c0d0p1,vdb', 'smallest', 'largest'].map(
        find,
      ),
    ).toEqual([
      'none',
      'none',
      '/dev/vdb',
      '/dev/vdb',
      '/dev/nvme0n1',
      '/dev/cciss/c0d0',
      '/dev/nvme0n1',
      '/dev/cciss/c0d0',
    ]);
    expect(['size=20', 'size=21', 'serial=S123', 'wwn=eui.0025', 'model=Fast Disk'].map(find)).toEqual([
      '/dev/vdb',
      'none',
      '/dev/vdb',
      '/dev/nvme0n1',
      '/dev/vdb',
    ]);
  });

  test('name partitions and disks', () => {
    const text = `for device in sda /dev/sda12 nvme0n1p2 mmcblk0p1 cciss/c0d0p3; do whole_disk_name $device; done
partition_name sda 1; partition_name /dev/nvme0n1 2; strip_dev /dev/sda; prepend_dev sda; prepend_dev /dev/sda
`;
    expect(init(text).lines.slice(1, -1)).toEqual([
      '/dev/sda',
      '/dev/sda',
      '/dev/nvme0n1',
      '/dev/mmcblk0',
      '/dev/cciss/c0d0',
      '/dev/sda1',
      '/dev/nvme0n1p2',
      'sda',
      '/dev/sda',
      '/dev/sda',
    ]);
  });

  test('encode words for forms, and wait for what comes', () => {
    const text = `url_encode 'iqn.2010-10.org:a&b=c d%/é'
safe_url_encode 'no disk: a&b'
tries=0
later() { tries=$((tries + 1)); [ $tries -ge "$1" ]; }
wait_for 3 0 later 3 && echo "after $tries"
wait_for 2 0 later 9 || echo gone
string_contains apple-pear pear && ! string_contains apple pear && echo contained
`;
    expect(init(text).lines.slice(1, -1)).toEqual([
      'iqn.2010-10.org%3Aa%26b%3Dc%20d%25%2F%C3%A9',
      'no+disk+ab',
      'after 3',
      'gone',
      'contained',
    ]);
  });
});

describe('the check of fragments', () => {
  requires({ programs: ['dash', 'bash'] });

  const check = (text: string) =>
    checkInitFragments(
      realHost,
      initFragments([{ element: 'pear', path: 'init.d/10-a', text }]),
      ({ path }) => path,
    );

  test.each([
    ['echo a\n', '/bin/sh'],
    ['', '/bin/sh'],
    ['list=(a b)\necho "${list[1]}"\n', '/bin/bash'],
    ['#!/bin/bash\necho a\n', '/bin/bash'],
  ])('%j is for %s', async (text, shell) => {
    expect(await check(text)).toEqual({ shell, problems: [] });
  });

  test.each([
    ['echo a\nfi\necho b\n', 2, 'fi'],
    ['echo a\nif true; then\n  echo b\n', 3, '  echo b'],
    ['echo a\necho "b\n', 2, 'echo "b'],
    ['echo a\n}\necho b\n', 2, '}'],
  ])('%j has a problem in line %i', async (text, line, words) => {
    const { problems } = await check(text);
    expect(problems.map(({ location }) => location)).toEqual([{ path: 'init.d/10-a', line, text: words }]);
  });
});
