#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# Scripts start this with a shell, with Python or by itself; it is the command dib-block-device whichever they use.
''''exec "$(dirname "$(readlink -f "$0")")/host-bin/dib-block-device" "$@" # '''
import os
import sys

command = os.path.join(os.path.dirname(os.path.realpath(__file__)), "host-bin", "dib-block-device")
os.execv(command, [command, *sys.argv[1:]])
