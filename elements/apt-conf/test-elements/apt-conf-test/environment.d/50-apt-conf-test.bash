# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_APT_CONF=$TMP_HOOKS_PATH/apt-conf-test.conf
