#!/bin/sh
# share.sh: the fixed share of the simulator's worlds that `make test` runs.
exec "$(dirname "$0")/sim" -n "${WORLDS:-3000}"
