# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Reads files source-repository-*: a repository a line, NAME TYPE DEST LOCATION [REF] [sha256:HEX | sha512:HEX].
# Sourced by extra-data.d/98-source-repositories, which has take_repository.

function read_repositories {
    local file=$1 number=0 line
    origin=$(origin_of "$file")
    while read -r line <&3 || [ -n "$line" ]; do
        number=$((number + 1))
        line=${line%$'\r'}
        if [ -z "$line" ] || [[ $line == \#* ]]; then continue; fi
        # Made for messages: who wants this repository.
        wanted_by=$origin:$number
        repository=""
        read_repository "$line"
        take_repository
    done 3<"$file"
}

# The element's own file, where it is one; a hook may have written others.
function origin_of {
    local name=${1##*/} found=$1 directory
    local -A directories
    eval "directories=($(get_image_element_array))"
    for directory in "${directories[@]}"; do
        if cmp -s "$directory/$name" "$1"; then found=$directory/$name; fi
    done
    echo "$found"
}

function read_repository {
    local line pattern='^([^ ]+) (git|tar|file|package) ?(/[^ ]+)? ?([^ ]+)? ?([^ ]*)$'
    line=$(expand_line "$1") || fail "its line cannot be expanded: $1" "the words of a line are those of a shell: quote what it must not touch"
    checksum=""
    if [[ $line =~ ^(.*)\ (sha(256|512):[^ ]*)$ ]]; then
        line=${BASH_REMATCH[1]}
        checksum=${BASH_REMATCH[2]}
    fi
    [[ $line =~ $pattern ]] || fail "its line is none that is known: $1" \
        "a line is NAME TYPE DEST LOCATION [REF] [sha256:DIGEST], where TYPE is git, tar, file or package and DEST begins with /"
    repository=${BASH_REMATCH[1]} type=${BASH_REMATCH[2]} dest=${BASH_REMATCH[3]}
    location=${BASH_REMATCH[4]} ref=${BASH_REMATCH[5]}
    variable=${repository//[^A-Za-z0-9]/_}
    apply_overrides
    check_repository
}

# Variables of the line count, names of files do not.
function expand_line {
    (
        set -f
        eval "echo $1"
    )
}

function apply_overrides {
    local of_type=DIB_REPOTYPE_$variable of_location=DIB_REPOLOCATION_$variable
    local of_ref=DIB_REPOREF_$variable of_checksum=DIB_REPOCHECKSUM_$variable
    type=${!of_type:-$type}
    if [ -n "${!of_location:-}" ]; then
        location=${!of_location}
    elif [ "$type" = git ] && [ -n "${DIB_GITREPOBASE:-}" ]; then
        location=$(on_other_server "$location")
    fi
    ref=${!of_ref:-$ref}
    checksum=${!of_checksum:-$checksum}
    [ "$checksum" != none ] || checksum=""
}

# Scheme, user and host are replaced; a repository of this machine stays where it is.
function on_other_server {
    local base=${DIB_GITREPOBASE%/}
    if [[ $1 =~ ^file:// ]] || [[ $1 == /* ]]; then
        echo "$1"
    elif [[ $1 =~ ^[a-z+]+://[^/]+/(.*)$ ]]; then
        echo "$base/${BASH_REMATCH[1]}"
    elif [[ $1 =~ ^[^/:]+:/?(.*)$ ]]; then
        echo "$base/${BASH_REMATCH[1]}"
    else
        echo "$1"
    fi
}

function check_repository {
    case $type in
        package) return ;;
        git | tar | file) ;;
        *) fail "DIB_REPOTYPE_$variable is $type" "it has to be git, tar, file or package" ;;
    esac
    [ -n "$dest" ] || fail "its line says nothing of where it goes" "the word after the type is a path in the image, as in /opt/$repository"
    [ -n "$location" ] || fail "its line says nothing of where it comes from" "write the address after $dest, or set DIB_REPOLOCATION_$variable"
    [ -z "$checksum" ] || check_checksum
    # shellcheck disable=SC2034 # for the files that fetch
    case $type in
        git) default_ref=master ;;
        *) default_ref='*' ;;
    esac
    [[ $ref != -* ]] || fail "its ref is $ref" "a ref is the name of a branch, a tag or a commit"
}

function check_checksum {
    [ "$type" != git ] || fail "its checksum is $checksum" \
        "a checksum is for tar and file; of a git repository name a whole commit as its ref"
    [[ $checksum =~ ^(sha256:[0-9A-Fa-f]{64}|sha512:[0-9A-Fa-f]{128})$ ]] \
        || fail "its checksum is $checksum" "it has to be sha256: and 64, or sha512: and 128 hexadecimal digits"
}

# The name of a user stays where servers go by it.
function without_credentials {
    sed -E -e 's#^(https?://)[^/@]*@#\1#' -e 's#^([a-z+]+://[^/@:]*):[^/@]*@#\1@#' <<<"$1"
}

# fail WHAT DO...
function fail {
    echo "source repository${repository:+ $repository} ($wanted_by): $1" >&2
    shift
    printf '    %s\n' "$@" >&2
    exit 1
}

function fail_to_fetch {
    fail "$1" \
        "check its address and the network, and build again: what was fetched before is kept" \
        "DIB_REPOLOCATION_$variable=ADDRESS takes it from elsewhere, DIB_REPOREF_$variable=REF takes another version" \
        "DIB_INSTALLTYPE_$variable=package does without where the element offers packages, NO_SOURCE_REPOSITORIES=1 without any"
}

function is_local {
    [[ $1 == /* || $1 == file://* ]]
}
