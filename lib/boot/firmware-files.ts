// SPDX-License-Identifier: Apache-2.0
import { access } from 'node:fs/promises';
import { BuildFailure } from '../model/failure.ts';
import type { BootArch } from './qemu-argv.ts';

export type FirmwareFiles = { readonly code: string; readonly variables: string };

/** Where distributions put UEFI firmware without secure boot: Debian, Fedora, Arch, openSUSE, in that order. */
const candidates: Readonly<Record<BootArch, readonly FirmwareFiles[]>> = {
  x86_64: [
    pair('/usr/share/OVMF/', 'OVMF_CODE_4M.fd', 'OVMF_VARS_4M.fd'),
    pair('/usr/share/OVMF/', 'OVMF_CODE.fd', 'OVMF_VARS.fd'),
    pair('/usr/share/edk2/ovmf/', 'OVMF_CODE.fd', 'OVMF_VARS.fd'),
    pair('/usr/share/edk2/x64/', 'OVMF_CODE.4m.fd', 'OVMF_VARS.4m.fd'),
    pair('/usr/share/edk2-ovmf/x64/', 'OVMF_CODE.fd', 'OVMF_VARS.fd'),
    pair('/usr/share/qemu/', 'ovmf-x86_64-code.bin', 'ovmf-x86_64-vars.bin'),
  ],
  aarch64: [
    pair('/usr/share/AAVMF/', 'AAVMF_CODE.fd', 'AAVMF_VARS.fd'),
    pair('/usr/share/edk2/aarch64/', 'QEMU_EFI-pflash.raw', 'vars-template-pflash.raw'),
    pair('/usr/share/edk2/aarch64/', 'QEMU_CODE.fd', 'QEMU_VARS.fd'),
    pair('/usr/share/qemu/', 'aavmf-aarch64-code.bin', 'aavmf-aarch64-vars.bin'),
  ],
};

/** @throws BuildFailure when this machine has none. */
export async function findFirmwareFiles(arch: BootArch): Promise<FirmwareFiles> {
  for (const files of candidates[arch]) {
    if ((await isReadable(files.code)) && (await isReadable(files.variables))) return files;
  }
  const program = arch === 'x86_64' ? 'OVMF_CODE_4M.fd' : 'AAVMF_CODE.fd';
  const reason = `firmware to boot UEFI images (package ${arch === 'x86_64' ? 'ovmf' : 'qemu-efi-aarch64'} or edk2)`;
  throw new BuildFailure({ kind: 'missing-programs', needs: [{ program, reason }] });
}

function pair(directory: string, code: string, variables: string): FirmwareFiles {
  return { code: directory + code, variables: directory + variables };
}

const isReadable = (path: string): Promise<boolean> =>
  access(path).then(
    () => true,
    () => false,
  );
