# SPDX-License-Identifier: Apache-2.0
"""Stands where scripts look for Python modules of an image builder written in Python, and says what is there instead."""

raise ImportError(
    "this builder has no Python modules: instead of importing diskimage_builder, call the commands "
    "element-info, dib-block-device getval and dib-run-parts, or read the variables IMAGE_ELEMENT_YAML, "
    "DIB_ROOT_LABEL, DIB_BOOT_LABEL and DIB_MOUNTPOINTS"
)
