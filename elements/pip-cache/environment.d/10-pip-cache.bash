# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The first name is that of old versions of pip.
export PIP_DOWNLOAD_CACHE=/tmp/pip
# Hooks on the host keep the cache of their user.
if [ -d /tmp/in_target.d ]; then export PIP_CACHE_DIR=/tmp/pip; fi
