#!/bin/sh
# SPDX-License-Identifier: Apache-2.0
# dhcp-all-interfaces.sh [INTERFACE…]
# Has network interfaces ask for an address by DHCP, all that are hardware when none is named, and waits a while for
# the answer. What is configured elsewhere is left alone. An interface nobody answers on is no error.
set -eu

timeout=@DIB_DHCP_TIMEOUT@
client=@DIB_DHCP_CLIENT@
network=/sys/class/net

main() {
    # shellcheck disable=SC2046 # names of interfaces have no blanks
    [ $# -gt 0 ] || set -- $(ls "$network")
    asked=""
    for name in "$@"; do
        if is_ours "$name"; then
            echo "asking for an address on $name"
            ask "$name"
            asked="$asked $name"
        fi
    done
    # shellcheck disable=SC2086 # a list of names
    wait_for_addresses $asked
}

# Ethernet or InfiniBand hardware with an address of its own, and part of no bond or bridge.
is_ours() {
    [ -e "$network/$1/device" ] && [ ! -e "$network/$1/master" ] || return 1
    case $(cat "$network/$1/type") in
        1 | 32) ;;
        *) return 1 ;;
    esac
    case $(cat "$network/$1/address") in
        *[1-9a-f]*) ;;
        *) return 1 ;;
    esac
    ! has_address "$1" && ! is_configured "$1"
}

has_address() {
    ip -4 -o address show dev "$1" scope global | grep -q inet
}

is_configured() {
    if has_ifupdown; then
        ifquery --list --all | grep -q -x -F -e "$1" || ifquery --list --allow=hotplug | grep -q -x -F -e "$1"
    else
        [ -e "/etc/sysconfig/network-scripts/ifcfg-$1" ] || [ -e "/run/dhclient.$1.pid" ]
    fi
}

has_ifupdown() {
    command -v ifup >/dev/null && [ -f /etc/network/interfaces ]
}

# Whatever is started goes on when nobody answers in time, for a cable that is plugged in later.
ask() {
    if has_ifupdown; then
        mkdir -p /run/network/interfaces.d
        printf 'iface %s inet dhcp\n' "$1" >"/run/network/interfaces.d/dhcp-$1"
        ifup "$1" &
    elif command -v nmcli >/dev/null; then
        nmcli --wait "$timeout" device connect "$1" || true
    elif command -v ifup >/dev/null && [ -d /etc/sysconfig/network-scripts ]; then
        printf '%s\n' "DEVICE=$1" BOOTPROTO=dhcp ONBOOT=yes >"/etc/sysconfig/network-scripts/ifcfg-$1"
        ifup "$1" &
    else
        start_client "$1"
    fi
}

start_client() {
    case $(installed_client) in
        dhclient) dhclient -nw -pf "/run/dhclient.$1.pid" -lf "/run/dhclient.$1.leases" "$1" ;;
        dhcpcd) dhcpcd --background "$1" ;;
        *)
            echo "no DHCP client is installed" >&2
            exit 1
            ;;
    esac
}

installed_client() {
    for candidate in "$client" dhclient dhcpcd; do
        if command -v "$candidate" >/dev/null; then
            echo "$candidate"
            return
        fi
    done
}

# Two looks a second.
wait_for_addresses() {
    for name in "$@"; do
        looks=0
        until has_address "$name"; do
            if [ "$looks" -ge $((timeout * 2)) ]; then
                echo "no address on $name after $timeout s"
                break
            fi
            looks=$((looks + 1))
            sleep 0.5
        done
    done
}

main "$@"
