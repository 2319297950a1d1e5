# shellcheck shell=bash
# SPDX-License-Identifier: Apache-2.0
export DIB_INSTALLTYPE_pip_and_virtualenv=${DIB_INSTALLTYPE_pip_and_virtualenv:-package}
export DIB_PYTHON_PIP=${DIB_PYTHON_PIP:-${DIB_PYTHON:-python3} -m pip}
if [ "${DIB_PYTHON_VERSION:-3}" = 2 ]; then
    export DIB_PYTHON_VIRTUALENV=${DIB_PYTHON_VIRTUALENV:-${DIB_PYTHON:-python2} -m virtualenv}
else
    export DIB_PYTHON_VIRTUALENV=${DIB_PYTHON_VIRTUALENV:-${DIB_PYTHON:-python3} -m venv}
fi
