# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0

# Prints the versions of the kernels whose modules are in the tree, one a line. The builder's own kernel is none of them.
function installed_kernels() {
    find /lib/modules/ -mindepth 2 -maxdepth 2 -name modules.dep -printf '%h\n' 2>/dev/null | sed -e 's,.*/,,' | sort -V
}
