# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DRACUT_ENABLED_MODULES='
- name: lvm
  packages:
    - lvm2
'
