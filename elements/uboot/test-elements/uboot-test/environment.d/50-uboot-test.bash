# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export UBOOT_KERNEL_ADDR=0x80000
export UBOOT_KERNEL_EP=0x80040
