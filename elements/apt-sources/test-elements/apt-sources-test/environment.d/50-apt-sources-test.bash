# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_APT_SOURCES=$TMP_BUILD_DIR/apt-sources-test.list
