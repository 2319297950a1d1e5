# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_DOCKER_IMAGE=docker-test
export PATH=$TMP_HOOKS_PATH/docker-test:$PATH
