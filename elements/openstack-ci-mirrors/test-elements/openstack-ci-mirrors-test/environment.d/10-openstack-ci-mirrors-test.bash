# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_OS_CI_MIRROR_INFO=$TMP_HOOKS_PATH/openstack-ci-mirrors-test/mirror_info.sh
export DIB_OS_CI_YUM_REPOS=$TMP_HOOKS_PATH/openstack-ci-mirrors-test
export DIB_EPEL_MIRROR=https://epel.example.org
