# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# The mirrors that the machine knows of, in words that elements know. What the user has set counts more.

# In a shell of its own: the file may set whatever it likes.
function ci_mirror {
    # shellcheck disable=SC2016 # for the other shell
    bash -c 'source "$1" >/dev/null && echo "${!2:-}"' bash "${DIB_OS_CI_MIRROR_INFO:-/etc/ci/mirror_info.sh}" "NODEPOOL_$1_MIRROR"
}

if [ -r "${DIB_OS_CI_MIRROR_INFO:-/etc/ci/mirror_info.sh}" ]; then
    case ${DISTRO_NAME:-} in
        debian) DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-$(ci_mirror DEBIAN)} ;;
        ubuntu) DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-$(ci_mirror UBUNTU)} ;;
        centos*) DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-$(ci_mirror CENTOS)} ;;
        fedora) DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-$(ci_mirror FEDORA)} ;;
        opensuse*) DIB_DISTRIBUTION_MIRROR=${DIB_DISTRIBUTION_MIRROR:-$(ci_mirror OPENSUSE)} ;;
    esac
    DIB_EPEL_MIRROR=${DIB_EPEL_MIRROR:-$(ci_mirror EPEL)}
    DIB_PYPI_MIRROR_URL=${DIB_PYPI_MIRROR_URL:-$(ci_mirror PYPI)}
fi
[ -z "${DIB_DISTRIBUTION_MIRROR:-}" ] || export DIB_DISTRIBUTION_MIRROR
[ -z "${DIB_EPEL_MIRROR:-}" ] || export DIB_EPEL_MIRROR
[ -z "${DIB_PYPI_MIRROR_URL:-}" ] || export DIB_PYPI_MIRROR_URL
unset -f ci_mirror
