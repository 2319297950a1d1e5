# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_LOCAL_CONFIG_USERNAME=${DIB_LOCAL_CONFIG_USERNAME:-root}
