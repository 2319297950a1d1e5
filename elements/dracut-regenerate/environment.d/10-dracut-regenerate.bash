# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DRACUT_ENABLED_MODULES_DEFAULT_CONFIG="
- name: crypt
  packages:
    - cryptsetup
- name: lvm
  packages:
    - lvm2
"
export DIB_DRACUT_ENABLED_MODULES=${DIB_DRACUT_ENABLED_MODULES:-$DIB_DRACUT_ENABLED_MODULES_DEFAULT_CONFIG}
