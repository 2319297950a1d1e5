# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Which image, and which program has it. Sourced by hooks on the host.

function docker_image {
    if [ -n "${DIB_DOCKER_IMAGE:-}" ]; then
        echo "$DIB_DOCKER_IMAGE"
    elif [ -n "${DISTRO_NAME:-}" ] && [ -n "${DIB_RELEASE:-}" ]; then
        echo "$DISTRO_NAME:$DIB_RELEASE"
    else
        echo "no image is named: set DIB_DOCKER_IMAGE, or DISTRO_NAME and DIB_RELEASE for DISTRO_NAME:DIB_RELEASE" >&2
        return 1
    fi
}

function container_program {
    local name
    for name in docker podman; do
        if [ -n "$(type -P "$name")" ]; then
            echo "$name"
            return
        fi
    done
    echo "neither docker nor podman is on this machine: install one of them" >&2
    return 1
}
