# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_INSTALLTYPE_install_types_test_chosen=package
