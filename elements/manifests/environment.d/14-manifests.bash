# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_MANIFEST_IMAGE_DIR=${DIB_MANIFEST_IMAGE_DIR:-/etc/dib-manifests}
