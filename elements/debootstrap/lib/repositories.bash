# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Which package repositories a Debian-like tree is made from. Sourced by hooks on the host; prints, changes nothing.
# Reads DISTRO_NAME, DIB_RELEASE, DIB_DEBIAN_COMPONENTS, DIB_APT_SOURCES_CONF, DIB_DISTRIBUTION_MIRROR,
# DIB_DEBIAN_DISTRIBUTION_MIRROR, DIB_DEBIAN_SECURITY_MIRROR, DIB_DEBIAN_SECURITY_SUBPATH, DIB_UBUNTU_MIRROR_DISTS, DIB_IMAGE_CACHE.

# Lines `NAME:deb LINE`, one a repository; none when no mirror is known.
# $1: root of the machine whose own sources count: `/`, unless a test says otherwise.
function repository_lines {
    local root=$1
    if [ -n "${DIB_APT_SOURCES_CONF:-}" ]; then
        sed -e 's/^[[:blank:]]*//' -e '/^$/d' <<<"$DIB_APT_SOURCES_CONF"
        return
    fi
    local mirror
    mirror=$(named_mirror)
    [ -n "$mirror" ] || mirror=$(host_mirror "$root" main)
    [ -n "$mirror" ] || return 0
    default_repository_lines "${mirror%/}" "$root"
}

# What the user says; Debian has a variable of its own.
function named_mirror {
    local mirror=${DIB_DISTRIBUTION_MIRROR:-}
    if [ -z "$mirror" ] && [ "$DISTRO_NAME" = debian ]; then mirror=${DIB_DEBIAN_DISTRIBUTION_MIRROR:-}; fi
    echo "$mirror"
}

function default_repository_lines {
    local mirror=$1 root=$2
    local components=${DIB_DEBIAN_COMPONENTS:-main}
    components=${components//,/ }
    echo "default:deb $mirror $DIB_RELEASE $components"
    case "$DISTRO_NAME" in
        debian) debian_repository_lines ;;
        ubuntu) ubuntu_repository_lines ;;
    esac
}

function debian_repository_lines {
    case "$DIB_RELEASE" in
        sid | unstable | experimental | rc-buggy) return 0 ;;
    esac
    echo "updates:deb $mirror $DIB_RELEASE-updates $components"
    local security=${DIB_DEBIAN_SECURITY_MIRROR:-}
    [ -n "$security" ] || security=$(host_mirror "$root" security)
    [ -n "$security" ] || return 0
    echo "security:deb ${security%/} $(debian_security_suite) $components"
}

# What follows the suite, as in `/updates`, or the whole of it.
function debian_security_suite {
    local suite=$DIB_RELEASE-security
    case "$DIB_RELEASE" in
        wheezy | jessie | stretch | buster) suite=$DIB_RELEASE/updates ;;
    esac
    case "${DIB_DEBIAN_SECURITY_SUBPATH:-}" in
        "") echo "$suite" ;;
        /*) echo "${suite%/updates}$DIB_DEBIAN_SECURITY_SUBPATH" ;;
        *) echo "$DIB_DEBIAN_SECURITY_SUBPATH" ;;
    esac
}

# Mirrors of Ubuntu carry the security archive too; a machine may have it from elsewhere.
function ubuntu_repository_lines {
    local part parts=${DIB_UBUNTU_MIRROR_DISTS-updates,security,backports} security=""
    [ -n "$(named_mirror)" ] || security=$(host_mirror "$root" security)
    for part in ${parts//,/ }; do
        case "$part" in
            security) echo "$part:deb ${security:-$mirror} $DIB_RELEASE-$part $components" ;;
            *) echo "$part:deb $mirror $DIB_RELEASE-$part $components" ;;
        esac
    done
}

# The mirror the machine itself uses for its distribution, when that is the image's distribution too.
# $2: `main` or `security`. Other vendors' repositories are told apart by their keys and by the suites beside them.
function host_mirror {
    local root=$1 kind=$2
    [ "$(os_release_id "$root")" = "$DISTRO_NAME" ] || return 0
    local uri
    uri=$(host_entries "$root" | awk -F '\t' -v kind="$kind" -v archive="$DISTRO_NAME-archive" '
        $1 !~ /^(https?|ftp|mirror\+file):/ { next }
        $4 != "" && index($4, archive) == 0 { next }
        (" " $3 " ") !~ / main / { next }
        { isSecurity = ($2 ~ /(-security|\/updates)$/) }
        kind == "security" && !isSecurity { next }
        kind == "main" && $2 ~ /-updates$/ { hasUpdates[$1] = 1 }
        kind == "main" && $2 ~ /[-\/]/ { next }
        !($1 in score) { order[++count] = $1; score[$1] = 0 }
        $4 != "" { score[$1] += 1 }
        END {
            for (i = 1; i <= count; i++) {
                worth = score[order[i]] + 2 * (order[i] in hasUpdates)
                if (best == "" || worth > bestWorth) { best = order[i]; bestWorth = worth }
            }
            print best
        }')
    case "$uri" in
        mirror+file:*) first_mirror_of_list "$root/${uri#mirror+file:}" ;;
        *) echo "${uri%/}" ;;
    esac
}

function first_mirror_of_list {
    [ -r "$1" ] || return 0
    awk '$1 ~ /^(https?|ftp):/ { sub(/\/$/, "", $1); print $1; exit }' "$1"
}

function os_release_id {
    [ -r "$1/etc/os-release" ] || return 0
    sed -n 's/^ID="\{0,1\}\([^"]*\)"\{0,1\}$/\1/p' "$1/etc/os-release"
}

# Lines `URI<TAB>suite<TAB>components<TAB>signed-by` for each enabled binary repository below $1/etc/apt.
function host_entries {
    local file
    for file in "$1/etc/apt/sources.list" "$1"/etc/apt/sources.list.d/*.list; do
        [ ! -r "$file" ] || one_line_entries "$file"
    done
    for file in "$1"/etc/apt/sources.list.d/*.sources; do
        [ ! -r "$file" ] || deb822_entries "$file"
    done
}

function one_line_entries {
    awk -v OFS='\t' '
        $1 != "deb" { next }
        {
            sub(/#.*/, "")
            signedBy = ""
            if (match($0, /\[[^]]*\]/)) {
                options = substr($0, RSTART + 1, RLENGTH - 2)
                $0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
                if (match(options, /signed-by=[^ \t]*/)) signedBy = substr(options, RSTART + 10, RLENGTH - 10)
            }
            components = $4
            for (i = 5; i <= NF; i++) components = components " " $i
            print $2, $3, components, signedBy
        }' "$1"
}

function deb822_entries {
    awk -v OFS='\t' '
        function finish(  u, s, uris, suites, uriCount, suiteCount) {
            uriCount = split(field["uris"], uris, " ")
            suiteCount = split(field["suites"], suites, " ")
            if ((" " field["types"] " ") ~ / deb / && tolower(field["enabled"]) !~ /^ *(no|false|0)/)
                for (u = 1; u <= uriCount; u++)
                    for (s = 1; s <= suiteCount; s++)
                        print uris[u], suites[s], trimmed(field["components"]), trimmed(field["signed-by"])
            split("", field)
        }
        function trimmed(text) { gsub(/[ \t]+/, " ", text); sub(/^ /, "", text); sub(/ $/, "", text); return text }
        /^#/ { next }
        /^[ \t]*$/ { finish(); next }
        /^[ \t]/ { field[name] = field[name] " " $0; next }
        {
            colon = index($0, ":")
            name = tolower(substr($0, 1, colon - 1))
            field[name] = " " substr($0, colon + 1)
        }
        END { finish() }' "$1"
}

# Lines `URI suite components`, without names and options.
function repository_suites {
    sed -e 's/^[^:]*:[[:blank:]]*//' -e '/^deb[[:blank:]]/!d' -e 's/\[[^]]*\]//' -e 's/^deb[[:blank:]]*//' <<<"$1" \
        | sort -u
}

# Where the Release files are kept that were seen last.
function release_directory {
    echo "$DIB_IMAGE_CACHE/debootstrap/releases"
}

function release_file {
    echo "$(release_directory)/$(tr -c 'A-Za-z0-9.\n-' _ <<<"${1#*://} $2")"
}

# The name Debian has for the architecture the build calls ARCH.
function debian_architecture {
    case "$ARCH" in
        x86_64) echo amd64 ;;
        aarch64) echo arm64 ;;
        ppc64le) echo ppc64el ;;
        *) echo "$ARCH" ;;
    esac
}

# Asked here, because a hook that names the variable would be run again whenever it changes.
function is_offline {
    [ -n "${DIB_OFFLINE:-}" ]
}
