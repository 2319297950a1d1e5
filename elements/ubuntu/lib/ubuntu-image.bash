# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Which image of Ubuntu is built on. Sourced by hooks on the host; prints, changes nothing but the cache.

function image_name {
    case "${BASE_IMAGE_FILE:-}$DIB_RELEASE" in
        trusty | xenial) echo "$DIB_RELEASE-server-cloudimg-$ARCH-root.tar.gz" ;;
        *) echo "${BASE_IMAGE_FILE:-$DIB_RELEASE-server-cloudimg-$ARCH.squashfs}" ;;
    esac
}

# A file of this machine that is used as it is; empty: the image is fetched.
function local_image {
    local file=${DIB_LOCAL_IMAGE:-}
    if [ -z "$file" ] && [[ ${BASE_IMAGE_FILE:-} == /* ]]; then file=$BASE_IMAGE_FILE; fi
    if [ -n "$file" ] && [ ! -r "$file" ]; then
        echo "$file, the image to build on, cannot be read: DIB_LOCAL_IMAGE or BASE_IMAGE_FILE names it" >&2
        return 1
    fi
    echo "$file"
}

function image_directory {
    if [ -z "${DIB_CLOUD_IMAGES:-}" ]; then
        echo "DIB_CLOUD_IMAGES is not set: give the address below which RELEASE/current/ has the images," \
            "or name one on this machine with DIB_LOCAL_IMAGE" >&2
        return 1
    fi
    echo "${DIB_CLOUD_IMAGES%/}/$DIB_RELEASE/current"
}

function stored_image {
    echo "$DIB_IMAGE_CACHE/$(image_name)"
}

# The digest that Ubuntu gives for the image; its list is fetched, and its signature checked where the key is known.
function image_digest {
    local directory=$1 list=$DIB_IMAGE_CACHE/SHA256SUMS.ubuntu.$DIB_RELEASE.$ARCH keyring address checks=() digest
    # Its caller takes what it prints, where bash would go on after an error.
    keyring=$(image_keyring) || return 1
    address=${SHA256SUMS:-$directory/SHA256SUMS}
    if [ -n "$keyring" ]; then
        checks=(--signature "$address.gpg" --keyring "$keyring")
    else
        # Without a signature the server's certificate vouches for it.
        address=${address/#http:/https:}
        echo "no keyring of Ubuntu's images is here, so $address is taken at its word:" \
            "install the package ubuntu-keyring, or name a keyring with DIB_UBUNTU_IMAGE_KEYRING" >&2
    fi
    mkdir -p "$DIB_IMAGE_CACHE"
    # Small enough to be asked for whatever its date.
    "$TMP_HOOKS_PATH/bin/cache-url" -f "${checks[@]}" "$address" "$list" >&2 || return 1
    digest=$(awk -v name="$(image_name)" '{ file = $2; sub(/^\*/, "", file) } file == name { print $1; exit }' "$list")
    if [ -z "$digest" ]; then
        echo "$address lists no $(image_name): DIB_RELEASE, ARCH or BASE_IMAGE_FILE names what is not there" >&2
        return 1
    fi
    echo "$digest"
}

function image_keyring {
    local file
    if [ -n "${DIB_UBUNTU_IMAGE_KEYRING:-}" ]; then
        if [ ! -r "$DIB_UBUNTU_IMAGE_KEYRING" ]; then
            echo "DIB_UBUNTU_IMAGE_KEYRING is $DIB_UBUNTU_IMAGE_KEYRING, which cannot be read" >&2
            return 1
        fi
        echo "$DIB_UBUNTU_IMAGE_KEYRING"
        return
    fi
    for file in /usr/share/keyrings/ubuntu-cloudimage-keyring.gpg /usr/share/keyrings/ubuntu-cloud-keyring.gpg; do
        [ ! -e "$file" ] || { echo "$file"; return; }
    done
}
