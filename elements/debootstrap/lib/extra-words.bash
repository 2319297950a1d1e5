# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2034 # what is set here is read by root.d/08-debootstrap
# DIB_DEBOOTSTRAP_EXTRA_ARGS may speak to debootstrap, whose words mmdebstrap does not all take. Sourced by
# root.d/08-debootstrap; sets variables of the caller, and prints what is left out.

# Fills extra_words, what mmdebstrap is to be told, and trusts_all, `yes` when no signature is to be checked.
function read_extra_words {
    local words left_out=()
    extra_words=() trusts_all=no
    # A list of words, quotes and all, as a user would type them.
    eval "words=(${DIB_DEBOOTSTRAP_EXTRA_ARGS:-})"
    set -- "${words[@]}"
    while [ $# -gt 0 ]; do
        case $1 in
            --no-check-gpg) trusts_all=yes ;;
            --force-check-gpg | --merged-usr | --no-merged-usr | --keep-debootstrap-dir | --log-extra-deps) ;;
            --cache-dir=* | --exclude=* | --extra-suites=*) left_out+=("$1") ;;
            --cache-dir | --exclude | --extra-suites)
                left_out+=("$1 ${2:-}")
                shift $(($# > 1 ? 1 : 0))
                ;;
            --no-resolve-deps | --resolve-deps | --https-only) left_out+=("$1") ;;
            *) extra_words+=("$1") ;;
        esac
        shift
    done
    [ ${#left_out[@]} -eq 0 ] || echo "of DIB_DEBOOTSTRAP_EXTRA_ARGS these mean nothing to mmdebstrap and are left out: ${left_out[*]}"
}

# Lines of repositories, given as words, with signatures unchecked.
function trusting_lines {
    [ $# -gt 0 ] || return 0
    printf '%s\n' "$@" | sed -E -e 's/^(deb(-src)?)[[:blank:]]+\[/\1 [trusted=yes /' -e t \
        -e 's/^(deb(-src)?)[[:blank:]]+/\1 [trusted=yes] /'
}
