# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Installs GRUB's packages. Sourced by hooks in the tree.

# Elements that bring a GRUB of their own leave this mark.
function is_somebody_elses_work {
    [ -e /tmp/grub/install ]
}

function install_grub {
    ! is_true "$DIB_SKIP_GRUB_PACKAGE_INSTALL" || return 0
    answer_grub_questions
    case ${DIB_BLOCK_DEVICE:-} in
        mbr | gpt) install-packages -m bootloader "grub_$DIB_BLOCK_DEVICE" ;;
        efi) install-packages -m bootloader "grub_efi_$(package_architecture)" ;;
        *) install-packages -m bootloader grub_mbr ;;
    esac
}

# Debian's package must not look for a disk to install itself on, now or at an upgrade.
function answer_grub_questions {
    has_debconf || return 0
    debconf-set-selections <<'ANSWERS'
grub-pc grub-pc/install_devices multiselect
grub-pc grub-pc/install_devices_empty boolean true
ANSWERS
}

function has_debconf {
    [ -n "$(type -p debconf-set-selections)" ]
}

function package_architecture {
    case $ARCH in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        i686) echo i386 ;;
        *) echo "$ARCH" ;;
    esac
}

function is_true {
    case ${1,,} in
        true | 1 | yes) return 0 ;;
        *) return 1 ;;
    esac
}
