# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_INIT_SYSTEM=sysv
