# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_CLOUD_INIT_DATASOURCES=${DIB_CLOUD_INIT_DATASOURCES:-NoCloud}
