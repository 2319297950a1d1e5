# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DEBIAN_FRONTEND=noninteractive
export DIB_ADD_APT_KEYS=${DIB_ADD_APT_KEYS:-}
export DIB_APT_LOCAL_CACHE=${DIB_APT_LOCAL_CACHE:-1}
export DIB_DISABLE_APT_CLEANUP=${DIB_DISABLE_APT_CLEANUP:-0}
