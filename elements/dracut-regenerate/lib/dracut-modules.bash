# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
# Reads DIB_DRACUT_ENABLED_MODULES. Sourced by hooks in the tree, which need not have Python.

# Prints `module NAME` and `package NAME`, a line each. The text is YAML of one shape: a list of maps with `name` and,
# as a list, `packages`.
function dracut_words {
    awk '
        function refuse(reason) {
            print "DIB_DRACUT_ENABLED_MODULES, line " NR ": " reason ": " $0 >"/dev/stderr"
            exit 1
        }
        function plain(text) {
            sub(/[ \t]+#.*$/, "", text)
            gsub(/^[ \t]+|[ \t\r]+$/, "", text)
            if (text ~ /^".*"$/ || text ~ /^'\''.*'\''$/) text = substr(text, 2, length(text) - 2)
            if (text !~ /^[A-Za-z0-9][A-Za-z0-9._+:~=-]*$/) refuse("this is no name")
            return text
        }
        /^[ \t]*(#.*)?$/ || /^---/ { next }
        {
            line = $0
            if (line ~ /^[ \t]*-[ \t]+(name|packages)[ \t]*:/) {
                sub(/^[ \t]*-[ \t]+/, "", line)
                in_entry = 1
                in_packages = 0
            } else if (line ~ /^[ \t]*(name|packages)[ \t]*:/ && in_entry) {
                sub(/^[ \t]+/, "", line)
                in_packages = 0
            } else if (line ~ /^[ \t]*-[ \t]+/ && in_packages) {
                sub(/^[ \t]*-[ \t]+/, "", line)
                print "package", plain(line)
                next
            } else {
                refuse("expected `- name: MODULE`, `packages:` or `- PACKAGE`")
            }
            key = line
            sub(/[ \t]*:.*/, "", key)
            sub(/^[a-z]+[ \t]*:/, "", line)
            if (key == "name") print "module", plain(line)
            else if (line ~ /^[ \t]*\[.*\][ \t]*$/) {
                gsub(/[][]/, "", line)
                count = split(line, names, ",")
                for (i = 1; i <= count; i++) if (names[i] ~ /[^ \t]/) print "package", plain(names[i])
            } else if (line ~ /^[ \t]*(#.*)?$/) in_packages = 1
            else refuse("`packages` must be a list")
        }
    ' <<<"$DIB_DRACUT_ENABLED_MODULES"
}
