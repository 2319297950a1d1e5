# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The package lists of the repositories, kept for all builds and fetched again when a repository has changed. Sourced by
# hooks on the host, after repositories.bash. Reads ARCH, DIB_RELEASE, DIB_APT_KEYRING.

# Where the lists are kept.
function stored_lists {
    local digest
    digest=$(printf '%s\n' "$ARCH" "$DIB_RELEASE" "$(repository_lines /)" | sha256sum)
    echo "$DIB_IMAGE_CACHE/debootstrap/lists/${digest:0:16}"
}

# Makes the stored lists those that the repositories have now, unless they are already. Of builds at once one fetches.
function refresh_lists {
    with_lists_locked --exclusive fetch_lists_unless_fresh
}

# Puts them into the directory $1, where there are any, as links if it can: for those who only read them.
function link_lists {
    with_lists_locked --shared link_lists_to "$1"
}

# Keeps the lists below $1, which apt has checked the signatures of.
function store_lists {
    with_lists_locked --exclusive copy_and_replace_lists "$1"
}

function with_lists_locked {
    local kind=$1 lists lock status=0
    shift
    lists=$(stored_lists)
    mkdir -p "${lists%/*}"
    exec {lock}>>"$lists.lock"
    flock "$kind" "$lock"
    "$@" || status=$?
    exec {lock}>&-
    return $status
}

function fetch_lists_unless_fresh {
    if are_lists_fresh; then return; fi
    find "${lists%/*}" -maxdepth 1 -name '.lists.*' -mmin +1440 -exec rm -rf {} +
    local scratch status=0
    scratch=$(mktemp -d "${lists%/*}/.lists.XXXXXX")
    make_apt_root "$scratch"
    # Under a Release file that has not changed, apt keeps what lists it finds, damaged ones too.
    if [ -d "$lists" ] && are_lists_sound; then copy_lists_to "$scratch/var/lib/apt/lists"; fi
    # Otherwise a mirror that cannot be reached is only a warning. Nobody looks for packages in this directory.
    APT_CONFIG=$scratch/apt.conf apt-get -o APT::Update::Error-Mode=any -o pkgCacheFile::Generate=false update \
        && replace_lists "$scratch/var/lib/apt/lists" && mark_lists_sound || status=$?
    rm -rf "$scratch"
    return $status
}

# apt of today replaces lists by renaming others over them, but nobody promises that.
function copy_lists_to {
    cp -a "$lists/." "$1"
}

function link_lists_to {
    [ ! -d "$lists" ] || cp -al "$lists/." "$1" 2>/dev/null || cp -a --remove-destination "$lists/." "$1"
}

function copy_and_replace_lists {
    local copy
    copy=$(mktemp -d "${lists%/*}/.lists.XXXXXX")
    cp -a "$1/." "$copy"
    replace_lists "$copy"
}

# $1 becomes the stored lists.
function replace_lists {
    chmod 0755 "$1"
    rm -rf "$1/lock" "$1/partial" "$1/auxfiles" "$lists"
    mv -T "$1" "$lists"
}

# The Release files are those that were asked for at the start of this build, and cover the lists.
function are_lists_fresh {
    local uri suite rest wanted=()
    [ -d "$lists" ] || return 1
    while read -r uri suite rest; do wanted+=("$(release_file "$uri" "$suite")"); done < <(repository_suites "$(repository_lines /)")
    [ "$(digests "${wanted[@]}")" = "$(digests "$lists"/*_InRelease)" ] || return 1
    are_lists_known_sound || { are_lists_sound && mark_lists_sound; }
}

# prefetch.d and root.d of one build both ask, a second apart. The mark lies beside TMP_BUILD_DIR and goes with the build:
# in it, it would be what a hook leaves for others.
function are_lists_known_sound {
    local mark=${TMP_BUILD_DIR%/*}/sound-lists
    [ -e "$mark" ] && [ "$(<"$mark")" = "$(lists_now)" ]
}

function mark_lists_sound {
    lists_now >"${TMP_BUILD_DIR%/*}/sound-lists"
}

function lists_now {
    stat -c '%n %i %s %y' "$lists"/*
}

function digests {
    sha256sum "$@" 2>/dev/null | cut -d ' ' -f 1 | LC_ALL=C sort
}

# What a Release file does not cover has been damaged.
function are_lists_sound {
    local covered
    covered=$(cat "$lists"/*_InRelease) || return 1
    sha256sum "$lists"/*_Packages | cut -d ' ' -f 1 | while read -r digest; do
        case $covered in
            *" $digest "*) ;;
            *) return 1 ;;
        esac
    done
}

# A directory in which apt of this machine looks at the repositories as a tree without any package would: for
# APT_CONFIG=$1/apt.conf.
function make_apt_root {
    local root=$1 keyring
    mkdir -p "$root"/etc/apt/{apt.conf.d,preferences.d,sources.list.d} "$root"/var/lib/dpkg \
        "$root"/var/lib/apt/lists/partial "$root"/var/cache/apt/archives/partial
    touch "$root/var/lib/dpkg/status"
    repository_lines / | sed 's/^[^:]*://' >"$root/etc/apt/sources.list"
    printf '%s\n' "Dir \"$root\";" "Dir::State::status \"$root/var/lib/dpkg/status\";" "APT::Architecture \"$(debian_architecture)\";" \
        "APT::Architectures { \"$(debian_architecture)\"; };" 'APT::Sandbox::User "root";' \
        'APT::Install-Recommends "0";' 'Acquire::Languages "none";' 'Acquire::Retries "3";' \
        'Dir::Cache::pkgcache "";' >"$root/apt.conf"
    keyring=$(bootstrap_keyring)
    if [ -n "$keyring" ]; then
        echo "Dir::Etc::Trusted \"$keyring\";"
    else
        echo 'Dir::Etc::TrustedParts "/etc/apt/trusted.gpg.d/";'
    fi >>"$root/apt.conf"
}

# What signs the packages: the user's keyring, or the distribution's own where the host has it.
function bootstrap_keyring {
    local file
    for file in "${DIB_APT_KEYRING:-}" \
        "/usr/share/keyrings/$DISTRO_NAME-archive-keyring.pgp" "/usr/share/keyrings/$DISTRO_NAME-archive-keyring.gpg"; do
        [ -z "$file" ] || [ ! -e "$file" ] || { echo "$file"; return; }
    done
}

# Only then the lists are fetched by us: mmdebstrap may have been told where from, and how to trust it.
function can_refresh_lists {
    [ -n "$(repository_lines /)" ] && [ -z "${DIB_DEBOOTSTRAP_EXTRA_ARGS:-}" ]
}
