# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_BAREMETAL_KERNEL_PATTERN='bzImage*'
export DIB_BAREMETAL_INITRD_PATTERN='*.cpio'
