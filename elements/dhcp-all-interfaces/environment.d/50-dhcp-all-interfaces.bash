# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DHCP_TIMEOUT=${DIB_DHCP_TIMEOUT:-30}
export DIB_DHCP_NETWORK_MANAGER_AUTO=${DIB_DHCP_NETWORK_MANAGER_AUTO:-false}
