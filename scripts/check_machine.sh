#!/bin/sh
# Says what this machine lacks and how to get it; with "wheels", which tools pip has to bring.
PYTHON=${PYTHON:-python3}

if [ "$1" = wheels ]; then
    command -v cmake >/dev/null || printf 'cmake '
    command -v ninja >/dev/null || printf 'ninja '
    exit 0
fi

lack() {
    echo "make: $1 is missing; on Debian or Ubuntu: sudo apt install $2" >&2
    exit 2
}

command -v "$PYTHON" >/dev/null || lack "python3" "python3 python3-venv python3-dev"
"$PYTHON" -c 'import sys; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' || {
    echo "make: $("$PYTHON" --version 2>&1); accepted: Python 3.10 to 3.13, set PYTHON=" >&2
    exit 2
}
"$PYTHON" -c 'import venv, ensurepip' 2>/dev/null || lack "the venv module of $PYTHON" "python3-venv"
"$PYTHON" -c 'import os, sys, sysconfig
sys.exit(not os.path.exists(os.path.join(sysconfig.get_paths()["include"], "Python.h")))' \
    || lack "Python.h, the headers of $PYTHON" "python3-dev"
command -v c++ >/dev/null || command -v g++ >/dev/null || lack "a C++ compiler" "g++"
command -v cc >/dev/null || command -v gcc >/dev/null || lack "a C compiler" "gcc"
