# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_CONTAINERFILE_OCI_DIRECTORY=$TMP_BUILD_DIR/containerfile-test
