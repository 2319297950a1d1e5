# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DISTRO_NAME=ubuntu
export DIB_RELEASE=${DIB_RELEASE:-noble}
export DIB_INIT_SYSTEM=${DIB_INIT_SYSTEM:-systemd}
export EFI_BOOT_DIR=${EFI_BOOT_DIR:-EFI/ubuntu}
export DIB_DEBIAN_COMPONENTS=${DIB_DEBIAN_COMPONENTS:-${DIB_UBUNTU_COMPONENTS:-main,universe}}
export DIB_UBUNTU_KERNEL=${DIB_UBUNTU_KERNEL-linux-image-generic}

# Ubuntu's own names, whichever the user gave.
case $ARCH in
    x86_64) export ARCH=amd64 ;;
    aarch64) export ARCH=arm64 ;;
    ppc64le) export ARCH=ppc64el ;;
esac
