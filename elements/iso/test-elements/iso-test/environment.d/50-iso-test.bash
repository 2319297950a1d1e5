# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_BOOT_ISO_KERNEL_CMDLINE_ARGS='console=ttyS0 panic=1'
