# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Whether the package lists of a tree belong to the sources it has now. Sourced by hooks on the host and in the tree.

# Remembers that the lists below root $1 have just been fetched from its sources.
function mark_apt_lists {
    apt_sources_digest "$1" >"$1/var/lib/apt/lists/dib-sources"
}

# apt itself removes the mark when it fetches lists without us, which costs a fetch and never hides one.
function are_apt_lists_fresh {
    local mark=$1/var/lib/apt/lists/dib-sources
    [ -e "$mark" ] && [ "$(<"$mark")" = "$(apt_sources_digest "$1")" ]
}

function apt_sources_digest {
    (
        cd "$1/" || exit
        # What is missing is no error, and tells as much as what is there.
        { find etc/apt/sources.list etc/apt/sources.list.d etc/apt/preferences.d var/lib/dpkg/arch -type f 2>/dev/null \
            || true; } | LC_ALL=C sort | xargs -r sha256sum | sha256sum
    )
}
