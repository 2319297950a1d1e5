# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DHCP_NETWORK_MANAGER_AUTO=true
export DIB_DHCP_CLIENT=dhclient
