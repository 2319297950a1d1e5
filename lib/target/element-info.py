#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Scripts start this with a shell, with Python or by itself; it is the command element-info whichever they use.
''''exec "$(dirname "$(readlink -f "$0")")/host-bin/element-info" "$@" # '''
import os
import sys

command = os.path.join(os.path.dirname(os.path.realpath(__file__)), "host-bin", "element-info")
os.execv(command, [command, *sys.argv[1:]])
