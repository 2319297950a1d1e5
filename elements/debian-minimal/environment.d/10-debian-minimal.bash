# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DISTRO_NAME=debian
export DIB_RELEASE=${DIB_RELEASE:-bookworm}
export DIB_INIT_SYSTEM=${DIB_INIT_SYSTEM:-systemd}
export EFI_BOOT_DIR=${EFI_BOOT_DIR:-EFI/debian}
export DIB_APT_KEYRING=${DIB_APT_KEYRING:-${DIB_DEBIAN_KEYRING:-}}
export DIB_DEBIAN_COMPONENTS=${DIB_DEBIAN_COMPONENTS:-main}
export DIB_DEBIAN_KERNEL=${DIB_DEBIAN_KERNEL:-generic}
export DIB_DEBIAN_BASE_PACKAGES=${DIB_DEBIAN_BASE_PACKAGES:-systemd-sysv busybox sudo gnupg python3}
export DIB_DEBOOTSTRAP_PACKAGES="$DIB_DEBIAN_BASE_PACKAGES netbase adduser ca-certificates locales lsb-release"

case $DIB_DEBIAN_KERNEL in
    generic | cloud | none) ;;
    *)
        echo "DIB_DEBIAN_KERNEL is $DIB_DEBIAN_KERNEL: it has to be generic, cloud or none" >&2
        exit 1
        ;;
esac
