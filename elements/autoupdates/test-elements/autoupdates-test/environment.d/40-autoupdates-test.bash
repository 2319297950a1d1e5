# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DEB_UPDATES_CONF=${BASH_SOURCE[0]%/*}/../autoupdates-test/50unattended-upgrades
