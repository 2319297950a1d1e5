# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_APT_KEYRING=${DIB_APT_KEYRING:-}
export DIB_UBUNTU_MIRROR_DISTS=${DIB_UBUNTU_MIRROR_DISTS-updates,security,backports}
export DIB_UBUNTU_BASE_PACKAGES=${DIB_UBUNTU_BASE_PACKAGES:-systemd-sysv busybox sudo gnupg python3}
export DIB_DEBOOTSTRAP_PACKAGES="$DIB_UBUNTU_BASE_PACKAGES netbase adduser ca-certificates locales lsb-release"
