# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
case ${ARCH:-} in
    arm64 | aarch64)
        echo "block-device-mbr cannot boot on $ARCH: use block-device-efi" >&2
        exit 1
        ;;
esac
export DIB_BLOCK_DEVICE=mbr
