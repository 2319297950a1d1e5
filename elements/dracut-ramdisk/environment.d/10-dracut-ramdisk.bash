# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DRACUT_RAMDISK_WORDS=${DIB_DRACUT_RAMDISK_WORDS:-}
