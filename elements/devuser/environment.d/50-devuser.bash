# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DEV_USER_USERNAME=${DIB_DEV_USER_USERNAME:-devuser}
