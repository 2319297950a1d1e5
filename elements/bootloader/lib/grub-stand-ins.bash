# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Programs of GRUB that ask about disks, replaced until there is one: hooks that come after 50-bootloader, and kernels
# that they install, may run update-grub too. Sourced by finalise.d/50-bootloader and cleanup.d/98-grub-stand-ins.

stand_in_mark='# dib: stands in until the disk is made'

# Puts SOURCE, with the variables PROBE_* as they are, in the place of PROGRAM, which stays beside it.
function leave_stand_in {
    local program=$1 source=$2
    [ -e "$program.dib-real" ] || mv "$program" "$program.dib-real"
    {
        printf '#!/bin/bash\n%s\n' "$stand_in_mark"
        declare -p "${!PROBE_@}"
        sed 1d "$source"
    } >"$program"
    chmod --reference="$program.dib-real" "$program"
}

# In the tree at ROOT, `/` or another. A program that a package has brought meanwhile stays.
function take_stand_ins_back {
    local root=${1%/} real program
    for real in "$root"/usr/{sbin,bin}/grub{,2}-{probe,mkrelpath}.dib-real; do
        [ -e "$real" ] || continue
        program=${real%.dib-real}
        if [ ! -e "$program" ] || grep -qxF "$stand_in_mark" "$program"; then mv -f "$real" "$program"; else rm "$real"; fi
    done
}
