# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_CLOUD_INIT_GROWPART_DEVICES='["/", /dev/vdb1]'
