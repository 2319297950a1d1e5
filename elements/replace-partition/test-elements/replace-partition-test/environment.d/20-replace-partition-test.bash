# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_LOCAL_IMAGE=$TMP_BUILD_DIR/replace-partition-test.raw
export PATH=$TMP_HOOKS_PATH/replace-partition-test:$PATH
if [ -r /proc/self/uid_map ] && ! grep -q -E '^ *0 +0 +4294967295' /proc/self/uid_map; then
    export DIB_IMAGE_EXTRACT_GUESTFISH=1
fi
