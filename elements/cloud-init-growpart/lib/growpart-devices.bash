# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# What DIB_CLOUD_INIT_GROWPART_DEVICES says. Sourced by post-install.d/55-cloud-init-growpart.

# A YAML list on one line, from such a list, one with an entry a line, or a single entry.
function flow_list() {
    local devices=$1 entry='[^][,[:space:]][^][,]*'
    if [[ $devices =~ ^[[:space:]]*\[($entry(,[[:space:]]*$entry)*)\][[:space:]]*$ ]]; then
        echo "[${BASH_REMATCH[1]}]"
    elif [[ $devices =~ ^[[:space:]]*([^][,[:space:]-][^][,[:space:]]*)[[:space:]]*$ ]]; then
        echo "[${BASH_REMATCH[1]}]"
    elif grep -q -v -E '^[[:space:]]*(-[[:space:]]+[^][,]+)?$' <<<"$devices" || [[ ! $devices =~ [^[:space:]] ]]; then
        refuse "$devices"
    else
        sed -n -E 's/^[[:space:]]*-[[:space:]]+//p' <<<"$devices" | paste -s -d , | sed -e 's/,/, /g' -e 's/.*/[&]/'
    fi
}

function refuse() {
    echo "DIB_CLOUD_INIT_GROWPART_DEVICES is \"$1\": the element cloud-init-growpart needs a YAML list of the partitions or mount points that are to grow, as in '[\"/\", /dev/vda3]'" >&2
    exit 1
}
