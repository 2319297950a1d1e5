// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { realHost } from '../../lib/host/real-host.ts';
import { GiB } from '../../lib/model/brands.ts';
import { buildImage, quick } from '../support/built-image.ts';
import { withGuest } from '../support/guest.ts';
import type { Guest } from '../support/guest.ts';
import { expectRunning, expectSoundPackages } from '../support/guest-checks.ts';
import { useImageDirectory } from '../support/image-directory.ts';
import { overlayOf } from '../support/read-disk.ts';
import { requires } from '../support/requires.ts';
import { packageRoot } from '../support/run-command.ts';

const isReady = requires({
  namespaces: true,
  network: true,
  programs: ['mmdebstrap', 'qemu-system-x86_64', 'qemu-img'],
});

const directory = useImageDirectory();

type Files = Readonly<Record<string, string>>;

/** Writes an element for one test. @returns what ELEMENTS_PATH has to name. */
async function writeElement(name: string, files: Files): Promise<string> {
  const elements = join(directory(), 'elements');
  for (const [path, text] of Object.entries(files)) {
    const file = join(elements, name, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text);
    if (path.includes('.d/')) await chmod(file, 0o755);
  }
  return elements;
}

/** A key for SSH without any program's help: what authorized_keys takes, and what `ssh -i` does. */
function sshKey(): { readonly open: string; readonly secret: string } {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  const point = publicKey.export({ type: 'spki', format: 'der' }).subarray(-65);
  const field = (bytes: Buffer): Buffer => Buffer.concat([lengthOf(bytes), bytes]);
  const fields = [Buffer.from('ecdsa-sha2-nistp256'), Buffer.from('nistp256'), point].map(field);
  return {
    open: `ecdsa-sha2-nistp256 ${Buffer.concat(fields).toString('base64')} a walrus`,
    secret: privateKey.export({ type: 'sec1', format: 'pem' }).toString(),
  };
}

function lengthOf(bytes: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bytes.length);
  return length;
}

/** The one hardware interface with the address QEMU's own network gives it. */
async function interfaceByDhcp({ asRoot }: Guest): Promise<string> {
  const lines = await asRoot(`ip -4 -o address show scope global | awk '{ print $2, $4 }'`);
  const [, name] = /^(en\w+) 10\.0\.2\.15\/24\n$/.exec(lines) ?? [];
  if (name === undefined) {
    const said = await asRoot("journalctl --boot --no-pager --unit 'dhcp-interface@*'");
    throw new Error(`addresses are: ${lines}\n${said}`);
  }
  expect(await asRoot("ip -4 route show default | awk '{ print $3, $5 }'")).toBe(`10.0.2.2 ${name}\n`);
  expect(await asRoot('cat /etc/resolv.conf')).toContain('nameserver 10.0.2.3\n');
  expect(await asRoot(`systemctl is-active dhcp-interface@${name}.service`)).toBe('active\n');
  return name;
}

describe('a server whose hardware nobody knows', () => {
  const key = sshKey();
  /** As `openssl passwd -6` makes it. */
  const password = {
    text: 'walrus-and-oysters',
    hash: '$6$oysters$JVKqBmbSk5WQq0Y1OfSWEBreS59PlcyoNFZs78wL4jtWoTcLr7VJ24pKteplzofSQ.zjKVNDIpB4tM3N7GBIA0',
  };
  let image: string;
  beforeAll(async () => {
    if (isReady) image = await buildServer();
  });

  async function buildServer(): Promise<string> {
    const jails = join(directory(), 'jail.local');
    await writeFile(jails, '[DEFAULT]\nignoreself = false\nmaxretry = 3\n');
    const words = [
      'nofb nomodeset gfxpayload=text',
      `rootpwd=${Buffer.from(password.hash).toString('base64')}`,
      `sshkey=\\"${key.open}\\"`,
    ];
    return buildImage({
      directory: directory(),
      name: 'server.qcow2',
      words: ['-n', 'vm', 'debian-minimal', 'devuser', 'router', ...serverElements],
      environment: {
        ...quick,
        ELEMENTS_PATH: await writeElement('router', {
          'element-deps': 'sysctl\n',
          'install.d/50-router': '#!/bin/bash\nset -eu -o pipefail\nsysctl-set-value net.ipv4.ip_forward 1\n',
        }),
        DIB_BOOTLOADER_USE_SERIAL_CONSOLE: 'False',
        DIB_BOOTLOADER_DEFAULT_CMDLINE: words.join(' '),
        DIB_MODPROBE_BLACKLIST: 'floppy',
        DIB_FAIL2BAN_CONF: jails,
      },
    });
  }

  const serverElements = [
    'autoupdates',
    'dhcp-all-interfaces',
    'disable-nouveau',
    'dynamic-login',
    'enable-serial-console',
    'fail2ban',
    'ibft-interfaces',
    'modprobe-blacklist',
    'stable-interface-names',
  ];

  test('comes up, and each element has done its part', async ({ annotate }) => {
    await withGuest({ image, firmware: 'bios' }, async (guest) => {
      await annotate(`logged in after ${guest.loginSeconds.toFixed(1)} s`);
      await expectRunning(guest);
      await expectSoundPackages(guest);
      await expectSerialLogin(guest);
      await expectSettings(guest);
      const name = await interfaceByDhcp(guest);
      await expectRootLogin(guest);
      await expectFirmwareInterfaces(guest, name);
      await expectBan(guest);
    });
  });

  /** The kernel has no console there, so the prompt that was logged in at is the element's. */
  async function expectSerialLogin({ asRoot }: Guest): Promise<void> {
    expect(await asRoot('cat /proc/cmdline')).not.toContain('console=ttyS');
    expect(await asRoot(`systemctl list-units --plain --no-legend 'serial-getty@*' | cut -d ' ' -f 1`)).toBe(
      'serial-getty@ttyS0.service\n',
    );
  }

  async function expectSettings({ asRoot }: Guest): Promise<void> {
    expect(await asRoot('cat /proc/sys/net/ipv4/ip_forward')).toBe('1\n');
    expect(await asRoot('systemctl is-active apt-daily.timer apt-daily-upgrade.timer')).toBe(
      'active\nactive\n',
    );
    expect(await asRoot('modprobe --showconfig | grep -E "^blacklist (floppy|nouveau)$" | sort')).toBe(
      'blacklist floppy\nblacklist nouveau\n',
    );
    const files = await asRoot(
      "lsinitramfs /boot/initrd.img-* | grep -E '^etc/modprobe.d/(blacklist|disable-nouveau).conf$' | sort",
    );
    expect(files).toBe('etc/modprobe.d/blacklist.conf\netc/modprobe.d/disable-nouveau.conf\n');
  }

  /** By what the kernel's command line has handed in. */
  async function expectRootLogin({ asRoot }: Guest): Promise<void> {
    expect(await asRoot('getent shadow root | cut -d : -f 2')).toBe(`${password.hash}\n`);
    const asNobody = (word: string): string =>
      `echo ${word} | runuser -u nobody -- su -s /bin/sh -c 'id -u -n' root 2>/dev/null || echo refused`;
    expect(await asRoot(asNobody(password.text))).toBe('root\n');
    expect(await asRoot(asNobody('something-else'))).toBe('refused\n');
    const ssh = 'ssh -n -o BatchMode=yes -o StrictHostKeyChecking=no -o LogLevel=ERROR';
    const { secret } = key;
    const byKey = `(umask 077; cat >/run/key <<'KEY'\n${secret}KEY\n); ${ssh} -i /run/key root@127.0.0.1 id -u -n`;
    expect(await asRoot(byKey)).toBe('root\n');
    expect(await asRoot(`${ssh} root@127.0.0.1 id 2>/dev/null || echo refused`)).toBe('refused\n');
  }

  /** This machine's firmware has no table, so one is laid where the kernel would show it. */
  async function expectFirmwareInterfaces({ asRoot }: Guest, name: string): Promise<void> {
    expect(await asRoot('journalctl --boot --output cat --unit ibft-interfaces.service')).toContain(
      'the firmware has no table of iSCSI interfaces: nothing to do\n',
    );
    await asRoot(`unshare --mount sh -e <<'TABLE'
mount -t tmpfs tmpfs /sys/firmware
for entry in 0:192.0.2.7:0 1:198.51.100.7:5; do
  at=/sys/firmware/ibft/ethernet\${entry%%:*}
  mkdir -p $at
  cp /sys/class/net/${name}/address $at/mac
  echo "$entry" | cut -d : -f 2 >$at/ip-addr
  echo "$entry" | cut -d : -f 3 >$at/vlan
  echo 255.255.255.0 >$at/subnet-mask
done
/usr/local/sbin/ibft-interfaces
TABLE`);
    const addresses = await asRoot(`ip -4 -o address show scope global | awk '{ print $2, $4 }' | sort`);
    expect(addresses).toBe(`${name} 10.0.2.15/24\n${name} 192.0.2.7/24\n${name}.5 198.51.100.7/24\n`);
    expect(await asRoot(`ip -d -o link show ${name}.5 | grep -o 'vlan protocol 802.1Q id 5'`)).toBe(
      'vlan protocol 802.1Q id 5\n',
    );
  }

  async function expectBan({ asRoot }: Guest): Promise<void> {
    expect(await asRoot('fail2ban-client status | grep "Jail list"')).toBe('`- Jail list:\tsshd\n');
    const connect =
      'ssh -n -o BatchMode=yes -o StrictHostKeyChecking=no -o ConnectTimeout=20 carpenter@10.0.2.15 2>&1';
    expect(await asRoot(`${connect} || true`)).toContain('Permission denied');
    await asRoot(`for attempt in 2 3 4; do ${connect} >/dev/null || true; done
for look in $(seq 120); do
  if fail2ban-client get sshd banip | grep -q 10.0.2.15; then exit 0; fi
  sleep 0.5
done
fail2ban-client status sshd
exit 1`);
    expect(await asRoot(`${connect} || true`)).toContain('Connection refused');
    expect(await asRoot('nft list ruleset')).toContain('10.0.2.15');
  }
});

describe('a machine that no cloud tells anything', () => {
  const words = [
    ...['-n', '-p', 'ifupdown', 'vm', 'debian-minimal', 'devuser', 'no-cloud-network', 'dhcp-all-interfaces'],
    ...['cloud-init', 'cloud-init-nocloud', 'cloud-init-growpart', 'cloud-init-disable-resizefs'],
  ];

  /** What systemd says of a boot in the journal alone. */
  const lastWordOfJournal = 'Startup finished in';

  async function build(name: string, ...more: readonly string[]): Promise<string> {
    const elements = await writeElement('no-cloud-network', {
      'install.d/50-no-cloud-network': `#!/bin/bash
set -eu -o pipefail
mkdir -p /etc/cloud/cloud.cfg.d
echo 'network: {config: disabled}' >/etc/cloud/cloud.cfg.d/99-no-network.cfg
`,
    });
    return buildImage({
      directory: directory(),
      name,
      words: [...words, ...more],
      environment: {
        ...quick,
        ELEMENTS_PATH: elements,
        DIB_APT_MINIMAL_CREATE_INTERFACES: '0',
        DIB_CLOUD_INIT_GROWPART_DEVICES: '["/"]',
      },
    });
  }

  test('runs cloud-init by its own seed, which grows the partition but not the file system', async ({
    annotate,
  }) => {
    const image = join(directory(), 'larger.qcow2');
    await overlayOf(await build('alone.qcow2'), image, '3G');
    await withGuest({ image, firmware: 'bios' }, async (guest) => {
      await annotate(`logged in after ${guest.loginSeconds.toFixed(1)} s`);
      const { asRoot } = guest;
      // Until then it talks on the console in between.
      await asRoot('cloud-init status --wait >/dev/null');
      await expectRunning(guest);
      expect(guest.console()).not.toContain(lastWordOfJournal);
      expect(await asRoot('cloud-init status --wait --long | grep -E "^(status|detail)|Source"')).toBe(
        'status: done\ndetail:\nDataSourceNoCloud [seed=/var/lib/cloud/seed/nocloud][dsmode=net]\n',
      );
      const bytes = (command: string): Promise<number> => asRoot(command).then(Number);
      expect(await bytes('lsblk --noheadings --bytes --output SIZE /dev/vda1')).toBeGreaterThan(2.9 * GiB);
      expect(await bytes('findmnt --noheadings --bytes --output SIZE /')).toBeLessThan(2 * GiB);
      const name = await interfaceByDhcp(guest);
      expect(await asRoot(`ifquery --state ${name}`)).toBe(`${name}=${name}\n`);
      expect(await asRoot(`cat /run/network/interfaces.d/*`)).toBe(`iface ${name} inet dhcp\n`);
    });
  });

  test('tells on its console what the journal has when journal-to-console is there', async () => {
    const image = await build('talking.qcow2', 'journal-to-console');
    const lines: string[] = [];
    const { exitStatus } = await realHost.run({
      argv: [
        join(packageRoot, 'bin/diskimage-builder'),
        'boot-test',
        image,
        '--expect',
        'Startup finished in',
      ],
      onLine: (line) => lines.push(line),
    });
    expect(lines.slice(0, 2)).toEqual([
      expect.stringMatching(/^Starting .*\/talking\.qcow2 \(BIOS, (KVM|TCG)\)$/),
      expect.stringMatching(/^passed {2}.*\/talking\.qcow2 \(BIOS, (KVM|TCG)\): up after \d+\.\d s$/),
    ]);
    expect(exitStatus).toBe(0);
  });
});
