// SPDX-License-Identifier: Apache-2.0

/** Modules that are wanted together. */
export type ModuleClass = {
  /** What they are for, for whoever chooses. */
  readonly summary: string;
  /** As in a list of modules, other classes among them. What a kernel does not have is left out. */
  readonly words: readonly string[];
};

/** What dm-crypt asks for by name, when a disk is opened. */
const ciphers = ['aes*', 'xts', 'cbc', 'essiv', 'sha256', 'sha512', 'algif_*'] as const;

/**
 * A new class is an entry here. A word is a class before it is a module: one that is called as its class is written as a
 * path. `all`, whatever the kernel has, needs no entry.
 */
export const moduleClasses = {
  virtio: {
    summary: 'disks, network, consoles and shared directories of KVM and other hypervisors',
    words: [
      'drivers/virtio/',
      'virtio*',
      '9pnet_virtio',
      'net_failover',
      'vmw_vsock_virtio_transport',
      '-virtio_gpu',
      '-virtio_snd',
      '-virtio_bt',
    ],
  },
  hyperv: {
    summary: 'Hyper-V and Azure: disks, network, keyboards',
    words: ['drivers/hv/', 'hv_*', 'hyperv_keyboard', 'hid_hyperv', 'pci_hyperv*', 'mana'],
  },
  xen: {
    summary: 'Xen: disks, network',
    words: ['drivers/xen/', 'xen_blkfront', 'xen_netfront', 'xen_scsifront', '-xen_*back'],
  },
  vmware: {
    summary: 'VMware: disks, network',
    words: [
      'vmxnet3',
      'vmw_pvscsi',
      'vmw_balloon',
      'vmw_vmci',
      'vmw_vsock_vmci_transport',
      'mptspi',
      'e1000*',
    ],
  },
  nvme: { summary: 'NVMe disks, local and by TCP', words: ['drivers/nvme/host/nvme', 'nvme_tcp', 'vmd'] },
  ahci: { summary: 'SATA disks behind AHCI controllers', words: ['drivers/ata/ahci*', 'acard_ahci', 'disk'] },
  ata: { summary: 'SATA and PATA disks behind any controller', words: ['drivers/ata/', 'disk'] },
  scsi: {
    summary: 'SCSI, SAS, RAID and Fibre Channel adapters',
    words: ['drivers/scsi/', 'drivers/message/fusion/', '-drivers/scsi/pcmcia/', '-scsi_debug'],
  },
  disk: { summary: 'SCSI disks and CD drives, for whatever adapter', words: ['sd_mod', 'sr_mod', 'sg'] },
  usb: {
    summary: 'USB host controllers, disks and keyboards',
    words: [
      'drivers/usb/host/',
      'drivers/usb/storage/',
      'usbhid',
      'hid_generic',
      'disk',
      '-u132_hcd',
      '-sl811*',
    ],
  },
  mmc: {
    summary: 'eMMC, SD cards and UFS',
    words: ['drivers/mmc/', 'drivers/ufs/', 'drivers/scsi/ufs/', '-sdricoh_cs'],
  },
  keyboard: {
    summary: 'keyboards',
    words: ['atkbd', 'i8042', 'usbhid', 'hid_generic', 'hyperv_keyboard', 'hid_hyperv', 'virtio_input'],
  },
  network: {
    summary: 'wired network cards, USB ones among them',
    words: [
      'drivers/net/ethernet/',
      'drivers/net/usb/',
      'drivers/net/phy/',
      'drivers/net/mdio/',
      'af_packet',
      'ipv6',
      '-qmi_wwan',
      '-cdc_mbim',
      '-huawei_cdc_ncm',
      '-hso',
      '-sierra_net',
    ],
  },
  'network-virtual': {
    summary: 'bonds, bridges, VLANs and tunnels',
    words: ['bonding', 'drivers/net/team/', '8021q', 'bridge', 'dummy', 'macvlan', 'veth', 'tun', 'vxlan'],
  },
  block: {
    summary: 'loop devices, disks behind the network and in memory',
    words: ['loop', 'nbd', 'brd', 'zram'],
  },
  filesystems: {
    summary: 'file systems of disks, and their encodings',
    words: [
      'ext4',
      'xfs',
      'btrfs',
      'f2fs',
      'vfat',
      'exfat',
      'ntfs3',
      'isofs',
      'udf',
      'squashfs',
      'erofs',
      'overlay',
      'fuse',
      'efivarfs',
      'configfs',
      'nls_ascii',
      'nls_cp437',
      'nls_cp850',
      'nls_iso8859_1',
      'nls_iso8859_15',
      'nls_utf8',
    ],
  },
  'network-filesystems': {
    summary: 'NFS, SMB, 9p and Ceph',
    words: ['fs/nfs/', 'cifs', 'fs/9p/', '9pnet*', 'ceph', 'rbd'],
  },
  raid: {
    summary: 'software RAID',
    words: ['drivers/md/raid*', 'drivers/md/md_mod', 'linear', 'multipath'],
  },
  dm: {
    summary: 'device mapper: LVM, encryption, multipath',
    words: ['drivers/md/dm*', 'drivers/md/persistent-data/', 'drivers/scsi/device_handler/', ...ciphers],
  },
  iscsi: {
    summary: 'iSCSI, as initiator and as target',
    words: [
      'iscsi_tcp',
      'iscsi_ibft',
      'target_core_*',
      'iscsi_target_mod',
      'tcm_loop',
      'disk',
      // Digests of packets, and of passwords.
      'crc32c',
      'md5',
      'sha1',
      'sha256',
    ],
  },
  infiniband: { summary: 'InfiniBand and RDMA', words: ['drivers/infiniband/'] },
  mellanox: {
    summary: 'Mellanox cards, Ethernet and InfiniBand',
    words: ['mlx4_*', 'mlx5_*', 'mlxfw', 'ib_ipoib', 'ib_umad', 'ib_uverbs', 'rdma_ucm'],
  },
  watchdog: { summary: 'watchdogs', words: ['drivers/watchdog/'] },
  ipmi: { summary: 'baseboard management controllers', words: ['drivers/char/ipmi/'] },
  tpm: { summary: 'trusted platform modules', words: ['drivers/char/tpm/'] },
  crypto: { summary: 'ciphers and checksums', words: ['crypto/', 'arch/*/crypto/', 'lib/crypto/'] },
} as const satisfies Record<string, ModuleClass>;
