#!/usr/bin/env bash
# Size, time from opening to the first answer, and resident memory of the installed C library: the table of docs/c.md.
#
#   hscode-ffi/tests/measure.sh [RUNS]       each run is a process of its own; default 21
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
runs="${1:-21}"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
(cd "$here/../.." && cargo xtask-c install --prefix "$work/prefix" >/dev/null)
lib="$work/prefix/lib"
cc -O2 -std=c99 -D_POSIX_C_SOURCE=200809L -I"$work/prefix/include" "$here/measure.c" -o "$work/measure" \
  -L"$lib" -lhscode -Wl,-rpath,"$lib"
for _ in $(seq "$runs"); do "$work/measure"; done >"$work/runs"

# column N WHAT: median and range of a column.
column() {
  sort -n -k"$1,$1" "$work/runs" | awk -v c="$1" -v what="$2" '{ v[NR] = $c }
    END { printf "%-44s %10s  (%s to %s)\n", what, v[int((NR + 1) / 2)], v[1], v[NR] }'
}
printf 'load %s; %s runs; %s\n' "$(cut -d' ' -f1-3 /proc/loadavg)" "$runs" \
  "$(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -1)"
printf '%-44s %10s\n' "shared library, stripped, bytes" "$(stat -Lc %s "$lib/libhscode.so")"
printf '%-44s %10s\n' "static library, bytes" "$(stat -Lc %s "$lib/libhscode.a")"
column 1 "open to first answer, ms"
column 2 "open to first answer, processor ms"
column 3 "warm answer, median of 2001, processor ms"
column 4 "resident before opening, KiB"
column 5 "resident after the first answer, KiB"
column 6 "resident after unsure texts too, KiB"
column 7 "resident at most, KiB"
