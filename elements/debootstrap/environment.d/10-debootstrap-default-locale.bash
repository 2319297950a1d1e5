# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DEBOOTSTRAP_DEFAULT_LOCALE=${DIB_DEBOOTSTRAP_DEFAULT_LOCALE:-C.UTF-8}
