# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_ILO_FIRMWARE_PATH=${TMP_HOOKS_PATH:-/nowhere}/ilo-test-firmware
