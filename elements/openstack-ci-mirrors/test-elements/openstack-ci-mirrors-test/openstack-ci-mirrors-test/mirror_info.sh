# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
echo "what is printed here is nobody's address"
export NODEPOOL_EPEL_MIRROR=https://mirror.example.org/epel
export NODEPOOL_PYPI_MIRROR=https://mirror.example.org/pypi/simple
