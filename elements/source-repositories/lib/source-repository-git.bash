# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# shellcheck disable=SC2154 # what a line says is set by source-repository-lines.bash
# Git repositories: a bare clone in the cache, a clone of that in the tree. Sourced by extra-data.d/98-source-repositories.

function take_git_repository {
    local cache=$1 commit path
    path=$(path_in_tree)
    [ "$path" != "$(realpath "$TMP_MOUNT_PATH")" ] || fail "it would take the place of the whole tree" "name a directory below /"
    prepare_git "$cache" "$path"
    refresh_cache "$cache"
    commit=$(wanted_commit "$cache") || fail_without_ref
    clear_destination "$path"
    clone_into_tree "$cache" "$path" "$commit"
    echo "$repository git $dest $(without_credentials "$location") $commit" >>"$git_manifest"
}

# Git as the caller has configured it, but for what would make it ask questions, trust any server or, since the
# repositories may belong to others than this process, refuse to work.
function prepare_git {
    local directory name
    # Set when the build is started by a hook of git.
    while read -r name; do unset "$name"; done < <(command git rev-parse --local-env-vars | grep -v '^GIT_CONFIG')
    git_configuration=$work/git-configuration
    rm -f "$git_configuration"
    for name in "${GIT_CONFIG_GLOBAL:-$HOME/.gitconfig}" "${XDG_CONFIG_HOME:-$HOME/.config}/git/config"; do
        configure_git include.path "$name"
    done
    # The caller's git may know a better way to the same place.
    served_from=$(git ls-remote --get-url -- "$location")
    for directory in "$@" "$(local_path)" "$(local_path)/.git"; do
        [ -z "${directory%/.git}" ] || configure_git safe.directory "$(realpath -m "$directory")"
    done
    find_ssh_files
    require_certificates
}

function configure_git {
    command git config --file "$git_configuration" --add "$1" "$2"
}

function local_path {
    if is_local "$served_from"; then echo "${served_from#file://}"; fi
}

function git {
    GIT_CONFIG_GLOBAL=${git_configuration:-} GIT_TERMINAL_PROMPT=0 command git \
        -c core.logAllRefUpdates=false -c gc.autoDetach=false -c init.defaultBranch=master "$@"
}

# Where uid 0 stands for the caller, ssh would look for root's files.
function find_ssh_files {
    local home words=(ssh) file
    home=$(getent passwd "$(id -u)" | cut -d : -f 6) || home=""
    [ -z "${GIT_SSH_COMMAND:-}${GIT_SSH:-}" ] && [ "$home" != "$HOME" ] && [ -d "$HOME/.ssh" ] || return 0
    [ ! -r "$HOME/.ssh/config" ] || words+=(-F "$HOME/.ssh/config")
    words+=(-o "UserKnownHostsFile=$HOME/.ssh/known_hosts")
    for file in "$HOME"/.ssh/id_*; do
        case $file in
            *.pub | *'*') ;;
            *) words+=(-i "$file") ;;
        esac
    done
    GIT_SSH_COMMAND=$(printf '%q ' "${words[@]}")
    export GIT_SSH_COMMAND
}

function require_certificates {
    if [ -n "${GIT_SSL_NO_VERIFY:-}" ] || [ "$(git config --type bool --get-urlmatch http.sslVerify "$location" 2>/dev/null)" = false ]; then
        fail "git is told not to check the certificates of servers, by GIT_SSL_NO_VERIFY or http.sslVerify" \
            "take that back, and name the server's authority in http.sslCAInfo or GIT_SSL_CAINFO"
    fi
}

function refresh_cache {
    local cache=$1
    # Whatever happens elsewhere, a commit stays what it is.
    if is_commit "${ref:-}" && has_commit "$cache" "$ref"; then return; fi
    if [ -n "${DIB_OFFLINE:-}" ] && ! is_local "$served_from"; then
        has_wanted "$cache" || fail "the build is offline and ${ref:-$default_ref} of $(without_credentials "$location") is not stored" \
            "build once with the network"
        return
    fi
    if [ ! -d "$cache" ]; then
        repeatedly clone_into_cache "$cache" || fail_to_fetch "$(without_credentials "$location") could not be cloned"
    else
        repeatedly fetch_refs "$cache" '+refs/heads/*:refs/heads/*' '+refs/tags/*:refs/tags/*' \
            || fail_to_fetch "$(without_credentials "$location") could not be fetched"
        follow_head "$cache"
    fi
    fetch_rare_ref "$cache"
}

function is_commit {
    [[ $1 =~ ^[0-9a-f]{40}([0-9a-f]{24})?$ ]]
}

function has_commit {
    [ -d "$1" ] && git -C "$1" cat-file -e "$2^{commit}" 2>/dev/null
}

function has_wanted {
    [ -d "$1" ] && wanted_commit "$1" >/dev/null
}

function repeatedly {
    local pause
    for pause in 1 2 4 8; do
        ! "$@" || return 0
        if is_local "$served_from"; then return 1; fi
        echo "source repository $repository: trying again in $pause s" >&2
        sleep "$pause"
    done
    "$@"
}

function clone_into_cache {
    rm -rf "$1.tmp"
    git clone --quiet --bare --no-local --template= -- "$location" "$1.tmp" || return
    git -C "$1.tmp" remote set-url origin "$(without_credentials "$location")" || return
    mv -T "$1.tmp" "$1"
}

function fetch_refs {
    local cache=$1
    shift
    git -C "$cache" fetch --quiet --prune --force --update-head-ok -- "$location" "$@"
}

# The server's own branch may have been given another name.
function follow_head {
    local branch
    case $ref in
        '') ! git -C "$1" rev-parse --verify --quiet "refs/heads/$default_ref" >/dev/null || return 0 ;;
        '*' | HEAD) ;;
        *) return ;;
    esac
    branch=$(git ls-remote --symref -- "$location" HEAD | awk '$1 == "ref:" { print $2; exit }') || return 0
    [ -z "$branch" ] || git -C "$1" symbolic-ref HEAD "$branch"
}

# What no branch or tag leads to: changes under review, commits that servers hand out when asked by name.
function fetch_rare_ref {
    local rare=""
    case ${ref:-} in
        refs/heads/* | refs/tags/*) ;;
        refs/*) rare=+$ref:$ref ;;
        *) if is_commit "${ref:-}" && ! has_commit "$1" "$ref"; then rare=+$ref:refs/wanted/$ref; fi ;;
    esac
    [ -z "$rare" ] || fetch_refs "$1" "$rare" || fail_without_ref
}

# Without a word on it master is meant, or what the server itself has as its branch.
function wanted_commit {
    local candidate candidates=("refs/tags/$ref" "refs/heads/$ref" "$ref" "refs/heads/${ref#origin/}")
    case $ref in
        '') candidates=("refs/heads/$default_ref" HEAD) ;;
        '*') candidates=(HEAD) ;;
    esac
    for candidate in "${candidates[@]}"; do
        ! git -C "$1" rev-parse --verify --quiet "$candidate^{commit}" || return 0
    done
    return 1
}

function fail_without_ref {
    fail_to_fetch "$(without_credentials "$location") has no branch, tag or commit ${ref:-$default_ref}"
}

# A base image may bring the repository of an earlier build.
function clear_destination {
    if [ -e "$1/.git" ]; then rm -rf "$1"; fi
    if [ -e "$1" ] && [ -n "$(find "$1" -maxdepth 0 ! \( -type d -empty \))" ]; then
        fail "$dest is there already, and is no git repository" "name another place, or remove it in root.d"
    fi
    mkdir -p "$(dirname "$1")"
}

# Nothing in it tells when it was cloned: the index holds no times, and there are no logs.
function clone_into_tree {
    local cache=$1 path=$2 commit=$3
    git clone --quiet --no-hardlinks --no-checkout --template= -- "$cache" "$path"
    git -C "$path" remote set-url origin "$(without_credentials "$location")"
    if [ "$ref" = '*' ]; then
        git -C "$path" fetch --quiet --update-head-ok -- "$cache" '+refs/heads/*:refs/heads/*'
        git -C "$path" reset --quiet --hard
    else
        git -C "$path" checkout --quiet -B "fetch_${ref:-$default_ref}" "$commit"
    fi
    git -C "$path" read-tree HEAD
    rm -f "$path/.git/FETCH_HEAD" "$path/.git/ORIG_HEAD"
}
