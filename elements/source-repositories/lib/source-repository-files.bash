# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # what a line says is set by source-repository-lines.bash
# Tar files and single files. Sourced by extra-data.d/98-source-repositories.

function take_file {
    local path
    fetch_file "$1"
    path=$(path_in_tree)
    if [[ $dest == */ ]] || [ -d "$path" ]; then path=$path/$(name_of_location); fi
    install -D -m 0644 "$1" "$path"
}

# Each directory that REF names brings what is in it, and each file itself.
function take_tar_file {
    local cache=$1 path unpacked=$work/unpacked matches match
    fetch_file "$cache"
    rm -rf "$unpacked"
    mkdir "$unpacked"
    tar --extract --no-same-owner --file "$cache" --directory "$unpacked" \
        || fail_to_fetch "$(without_credentials "$location") cannot be unpacked"
    # shellcheck disable=SC2086 # a pattern for names of files
    mapfile -d '' -t matches < <(cd "$unpacked" && shopt -s nullglob && IFS= && printf '%s\0' ${ref:-$default_ref})
    path=$(path_in_tree)
    mkdir -p "$path"
    for match in "${matches[@]}"; do
        if [ -z "$match" ] || [ ! -e "$unpacked/$match" ]; then
            fail "its tar file has no ${ref:-$default_ref}, but $(cd "$unpacked" && echo ./*)" \
                "the last word of the line, or DIB_REPOREF_$variable, is the directory of the tar file that is wanted, . being all of it"
        elif [ -d "$unpacked/$match" ]; then
            cp -a "$unpacked/$match/." "$path"
        else
            cp -a "$unpacked/$match" "$path"
        fi
    done
}

function fetch_file {
    local words=() status=0
    [ -z "$checksum" ] || words=("--${checksum%%:*}" "${checksum#*:}")
    "$TMP_HOOKS_PATH/bin/cache-url" "${words[@]}" "$(address)" "$1" || status=$?
    [ "$status" = 0 ] || fail_to_fetch "$(without_credentials "$location") could not be fetched$(checksum_hint)"
}

function address {
    if [[ $location == /* ]]; then echo "file://$location"; else echo "$location"; fi
}

function checksum_hint {
    [ -z "$checksum" ] || echo ", or is not what its checksum says (DIB_REPOCHECKSUM_$variable sets another, or none)"
}

function name_of_location {
    local path=${location%%[?#]*}
    echo "${path##*/}"
}
