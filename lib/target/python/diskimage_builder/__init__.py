# SPDX-License-Identifier: Apache-2.0
"""Stands where scripts look for Python modules of an image builder written in Python.

A script with the name of a command that hooks have gives way to that command. Others are told what is there instead.
"""

import os
import sys

_library = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
_name = os.path.basename(getattr(sys, "argv", [""])[0])
_command = os.path.join(_library, "host-bin", _name)

if _name and os.access(_command, os.X_OK):
    os.execv(_command, [_command] + sys.argv[1:])

raise ImportError(
    "this builder has no Python modules: instead of importing diskimage_builder, call the commands "
    "element-info, dib-block-device getval and dib-run-parts, or read the variables IMAGE_ELEMENT_YAML, "
    "DIB_ROOT_LABEL, DIB_BOOT_LABEL and DIB_MOUNTPOINTS"
)
