// SPDX-License-Identifier: Apache-2.0
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { moduleClasses } from '../../../lib/ramdisk/module-classes.ts';
import { moduleIndex } from '../../../lib/ramdisk/module-index.ts';
import { moduleWords, selectModules } from '../../../lib/ramdisk/select-modules.ts';

/** Modules of Debian's kernel 6.1 for amd64, and the classes that bring each. */
const modules: Readonly<Record<string, string>> = {
  'arch/x86/crypto/aesni-intel': 'crypto dm',
  'crypto/blowfish_generic': 'crypto',
  'crypto/xts': 'crypto dm',
  'drivers/ata/acard-ahci': 'ahci ata',
  'drivers/ata/ahci': 'ahci ata',
  'drivers/ata/ata_piix': 'ata',
  'drivers/block/floppy': '',
  'drivers/block/loop': 'block',
  'drivers/block/rbd': 'network-filesystems',
  'drivers/block/virtio_blk': 'virtio',
  'drivers/block/xen-blkback/xen-blkback': '',
  'drivers/block/xen-blkfront': 'xen',
  'drivers/bluetooth/virtio_bt': '',
  'drivers/char/hw_random/virtio-rng': 'virtio',
  'drivers/char/ipmi/ipmi_si': 'ipmi',
  'drivers/char/tpm/tpm_infineon': 'tpm',
  'drivers/firmware/iscsi_ibft': 'iscsi',
  'drivers/gpu/drm/virtio/virtio-gpu': '',
  'drivers/hid/hid-generic': 'keyboard usb',
  'drivers/hid/hid-hyperv': 'hyperv keyboard',
  'drivers/hid/hid-sony': '',
  'drivers/hid/usbhid/usbhid': 'keyboard usb',
  'drivers/hv/hv_vmbus': 'hyperv',
  'drivers/infiniband/hw/mlx5/mlx5_ib': 'infiniband mellanox',
  'drivers/infiniband/ulp/ipoib/ib_ipoib': 'infiniband mellanox',
  'drivers/infiniband/ulp/srp/ib_srp': 'infiniband',
  'drivers/md/dm-crypt': 'dm',
  'drivers/md/dm-mod': 'dm',
  'drivers/md/md-cluster': '',
  'drivers/md/md-mod': 'raid',
  'drivers/md/raid456': 'raid',
  'drivers/message/fusion/mptspi': 'scsi vmware',
  'drivers/mmc/host/sdhci-pci': 'mmc',
  'drivers/net/bonding/bonding': 'network-virtual',
  'drivers/net/can/vcan': '',
  'drivers/net/ethernet/amazon/ena/ena': 'network',
  'drivers/net/ethernet/intel/e1000/e1000': 'network vmware',
  'drivers/net/ethernet/mellanox/mlx5/core/mlx5_core': 'mellanox network',
  'drivers/net/ethernet/microsoft/mana/mana': 'hyperv network',
  'drivers/net/hyperv/hv_netvsc': 'hyperv',
  'drivers/net/phy/realtek': 'network',
  'drivers/net/usb/qmi_wwan': '',
  'drivers/net/usb/r8152': 'network',
  'drivers/net/virtio_net': 'virtio',
  'drivers/net/vmxnet3/vmxnet3': 'vmware',
  'drivers/net/wireless/intel/iwlwifi/iwlwifi': '',
  'drivers/net/xen-netfront': 'xen',
  'drivers/nvme/host/nvme': 'nvme',
  'drivers/nvme/host/nvme-rdma': '',
  'drivers/nvme/host/nvme-tcp': 'nvme',
  'drivers/nvme/target/nvmet': '',
  'drivers/pci/controller/vmd': 'nvme',
  'drivers/scsi/device_handler/scsi_dh_alua': 'dm scsi',
  'drivers/scsi/iscsi_tcp': 'iscsi scsi',
  'drivers/scsi/megaraid/megaraid_sas': 'scsi',
  'drivers/scsi/scsi_debug': '',
  'drivers/scsi/sd_mod': 'ahci ata disk iscsi scsi usb',
  'drivers/scsi/virtio_scsi': 'scsi virtio',
  'drivers/scsi/vmw_pvscsi': 'scsi vmware',
  'drivers/target/iscsi/iscsi_target_mod': 'iscsi',
  'drivers/target/target_core_iblock': 'iscsi',
  'drivers/usb/host/sl811_cs': '',
  'drivers/usb/host/xhci-pci': 'usb',
  'drivers/usb/storage/uas': 'usb',
  'drivers/video/fbdev/hyperv_fb': '',
  'drivers/virtio/virtio_pci': 'virtio',
  'drivers/watchdog/iTCO_wdt': 'watchdog',
  'drivers/xen/xenfs/xenfs': 'xen',
  'fs/ext4/ext4': 'filesystems',
  'fs/fat/vfat': 'filesystems',
  'fs/fuse/virtiofs': 'virtio',
  'fs/nfs/nfs': 'network-filesystems',
  'fs/nls/nls_cp437': 'filesystems',
  'fs/nls/nls_cp936': '',
  'fs/smb/client/cifs': 'network-filesystems',
  'net/8021q/8021q': 'network-virtual',
  'net/9p/9pnet_virtio': 'network-filesystems virtio',
  'net/vmw_vsock/vmw_vsock_vmci_transport': 'vmware',
  'sound/virtio/virtio_snd': '',
};

test('classes bring what they are for, and nothing else', () => {
  const dep = Object.keys(modules)
    .map((file) => `kernel/${file}.ko:`)
    .join('\n');
  const index = moduleIndex({ dep, alias: '', softdep: '', weakdep: '', builtin: '', 'builtin.modinfo': '' });
  const classes = Object.keys(moduleClasses)
    .sort()
    .map((word) => ({ word, files: selectModules(index, [{ word, wantedBy: '' }]).files }));
  const brought = Object.keys(modules).map((file) => {
    const by = classes.filter(({ files }) => files.includes(`kernel/${file}.ko`));
    return [file, by.map(({ word }) => word).join(' ')];
  });
  expect(Object.fromEntries(brought)).toEqual(modules);
});

test('every RAM disk asks for classes that there are', () => {
  const file = '../../../elements/ramdisk-base/modules.d/ramdisk-base';
  const words = moduleWords(readFileSync(join(import.meta.dirname, file), 'utf8'));
  expect(words).toContain('virtio');
  expect(words.filter((word) => !Object.hasOwn(moduleClasses, word))).toEqual([]);
});
