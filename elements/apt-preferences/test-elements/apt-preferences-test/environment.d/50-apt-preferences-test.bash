# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DPKG_MANIFEST=$TMP_HOOKS_PATH/apt-preferences-test.json
