# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_FAIL2BAN_CONF=${BASH_SOURCE[0]%/*}/../fail2ban-test/jail.local
