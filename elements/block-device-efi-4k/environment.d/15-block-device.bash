# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
case ${ARCH:-} in
    ppc*)
        echo "block-device-efi-4k cannot boot on $ARCH: use block-device-gpt or block-device-mbr" >&2
        exit 1
        ;;
esac
export DIB_BLOCK_DEVICE=efi
