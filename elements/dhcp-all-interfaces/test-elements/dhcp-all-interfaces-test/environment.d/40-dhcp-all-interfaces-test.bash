# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DHCP_TIMEOUT=7
