# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What the image is made from, and by which program. Sourced by hooks on the host; they share the image's id in a file.

image_id_file=$TMP_BUILD_DIR/containerfile-image

function container_program {
    local name program=${DIB_CONTAINERFILE_RUNTIME:-}
    if [ -z "$program" ]; then
        for name in docker podman; do
            [ -z "$(type -P "$name")" ] || program=$name
        done
    fi
    if [ -z "$program" ] || [ -z "$(type -P "$program")" ]; then
        echo "${program:-neither podman nor docker} is ${program:+not }on this machine:" \
            "install it, or name an image on disk with DIB_CONTAINERFILE_OCI_DIRECTORY" >&2
        return 1
    fi
    echo "$program"
}

# The hooks run as the user that builds: in a user namespace there is no other.
function refuse_missing_root {
    case "${DIB_CONTAINERFILE_RUNTIME_ROOT:-0}${DIB_CONTAINERFILE_PODMAN_ROOT:-0}" in
        00) return 0 ;;
    esac
    if [ "$(awk '$1 == 0 { print $2 }' /proc/self/uid_map)" != 0 ]; then
        echo "DIB_CONTAINERFILE_RUNTIME_ROOT is set, and this build has no root:" \
            "build as root or with --isolation sudo, or unset it" >&2
        return 1
    fi
}

# The user's own, else what an element brings for the release.
function container_file {
    local file=${DIB_CONTAINERFILE_DOCKERFILE:-}
    if [ -z "$file" ]; then
        if [ -z "${DIB_RELEASE:-}" ]; then
            echo "no container file is named: set DIB_CONTAINERFILE_DOCKERFILE, or DIB_CONTAINERFILE_OCI_DIRECTORY" >&2
            return 1
        fi
        file=$TMP_HOOKS_PATH/containerfiles/$DIB_RELEASE
    fi
    if [ ! -f "$file" ]; then
        echo "there is no container file $file:" \
            "set DIB_CONTAINERFILE_DOCKERFILE, or add an element that has containerfiles/${DIB_RELEASE:-RELEASE}" >&2
        return 1
    fi
    echo "$file"
}
