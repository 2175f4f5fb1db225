#!/usr/bin/env bash
# Installs the C library to a temporary prefix, builds programs of every kind from there, and runs them.
#
#   hscode-ffi/tests/consumers.sh [--prefix DIR]     --prefix: an installation that is there already
#
# gcc and g++ have to be there. What else is missing is installed by apt-get or pip where they answer and CI is set,
# and otherwise left out, said loudly, and counted at the end; HSCODE_C_STRICT=1 makes that a failure.
set -euo pipefail
here="$(cd "$(dirname "$0")" && pwd)"
repository="$(cd "$here/../.." && pwd)"
work="$(mktemp -d)"
trap 'rm -rf "$work"' EXIT
passed=0 skipped=()

say() { printf '\n-- %s\n' "$*"; }
ok() { passed=$((passed + 1)); }
skip() { skipped+=("$1"); printf '\n!! LEFT OUT: %s\n' "$1" >&2; }
have() { command -v "$1" >/dev/null 2>&1; }

# need COMMAND PACKAGE...: whether the command is there, after trying to install it where CI may.
need() {
  local command="$1"
  shift
  have "$command" && return 0
  [ -n "${CI:-}" ] && [ "$(id -u)" = 0 ] && have apt-get || return 1
  if [ ! -e "$work/apt-updated" ]; then
    timeout 120 apt-get update >/dev/null 2>&1 || true
    touch "$work/apt-updated"
  fi
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 || true
  have "$command"
}

prefix="$work/prefix"
if [ "${1:-}" = --prefix ]; then
  prefix="$2"
else
  say "installing to a temporary prefix"
  (cd "$repository" && cargo xtask-c install --prefix "$prefix")
fi
lib="$prefix/lib"
tiny="$repository/tests/packages/tiny"
flags="-I$prefix/include"
shared="-L$lib -lhscode -Wl,-rpath,$lib"
static="$lib/libhscode.a -lgcc_s -lutil -lrt -lpthread -lm -ldl"
strict="-Wall -Wextra -pedantic -Werror"
cd "$here/consumers"

say "the library: name, links, symbols"
soname="$(readelf -d "$lib/libhscode.so" | sed -n 's/.*SONAME.*\[\(.*\)\]/\1/p')"
[ "$soname" = libhscode.so.1 ] || { echo "SONAME: expected libhscode.so.1, saw $soname" >&2; exit 1; }
[ -e "$lib/$soname" ]
(cd "$repository" && cargo xtask-c symbols "$lib/$soname")
size="$(stat -Lc %s "$lib/$soname")"
echo "$soname: $size bytes"
[ "$size" -le 16777216 ] || { echo "expected at most 16 MiB" >&2; exit 1; }
ok

compilers_c=(gcc) compilers_cpp=(g++)
if need clang clang; then compilers_c+=(clang) compilers_cpp+=(clang++); else skip "clang"; fi

for cc in "${compilers_c[@]}"; do
  for linked in shared static; do
    say "C99 by $cc, $linked"
    $cc -std=c99 $strict -g $flags surface.c -o "$work/surface" ${!linked}
    "$work/surface" "$tiny"
    $cc -std=c99 -D_POSIX_C_SOURCE=200809L $strict -g $flags threads.c -o "$work/threads" -pthread ${!linked}
    "$work/threads"
    ok
  done
done
for cxx in "${compilers_cpp[@]}"; do
  for std in 11 17; do
    for linked in shared static; do
      say "C++$std by $cxx, $linked"
      $cxx -std=c++$std $strict -g $flags surface.cpp -o "$work/surface_cpp" ${!linked}
      "$work/surface_cpp"
      ok
    done
  done
  say "C++11 by $cxx without exceptions"
  $cxx -std=c++11 -fno-exceptions $strict $flags surface.cpp -o "$work/surface_cpp" $shared
  "$work/surface_cpp"
  ok
done

if need pkg-config pkg-config; then
  say "pkg-config: shared and static"
  export PKG_CONFIG_PATH="$lib/pkgconfig"
  gcc -std=c99 surface.c -o "$work/by_pkg" $(pkg-config --cflags --libs hscode)
  LD_LIBRARY_PATH="$lib" "$work/by_pkg" "$tiny"
  # The static library by name, since -lhscode takes the shared one.
  gcc -std=c99 surface.c -o "$work/by_pkg_static" \
    $(pkg-config --cflags --libs --static hscode | sed 's/-lhscode/-l:libhscode.a/')
  "$work/by_pkg_static" "$tiny"
  ! readelf -d "$work/by_pkg_static" | grep -q libhscode
  [ "$(pkg-config --modversion hscode)" = "$(sed -n 's/^version = "\(.*\)"/\1/p' "$repository/Cargo.toml" | head -1)" ]
  ok
else
  skip "pkg-config"
fi

if ! need cmake cmake && have pip && [ -n "${CI:-}" ]; then pip install -q cmake || true; fi
if have cmake; then
  say "CMake: find_package(hscode), shared and static, also from a moved installation"
  cp -a "$prefix" "$work/moved"
  for place in "$prefix" "$work/moved"; do
    rm -rf "$work/cmake"
    cmake -S cmake -B "$work/cmake" -DCMAKE_PREFIX_PATH="$place" >"$work/cmake.log" 2>&1 ||
      { cat "$work/cmake.log" >&2; exit 1; }
    cmake --build "$work/cmake" >"$work/cmake.log" 2>&1 || { cat "$work/cmake.log" >&2; exit 1; }
    "$work/cmake/surface_shared" "$tiny"
    "$work/cmake/surface_static" "$tiny"
    "$work/cmake/surface_cpp"
  done
  ok
else
  skip "CMake"
fi

if need valgrind valgrind; then
  say "valgrind: no leak, no fault"
  gcc -std=c99 -g $flags surface.c -o "$work/surface" $shared
  valgrind -q --leak-check=full --errors-for-leak-kinds=definite,indirect --error-exitcode=9 "$work/surface" "$tiny"
  ok
else
  skip "valgrind"
fi

say "AddressSanitizer and UndefinedBehaviorSanitizer"
if gcc -fsanitize=address,undefined -fno-sanitize-recover=all -std=c99 -g $flags surface.c -o "$work/asan" $shared \
  2>"$work/asan.log"; then
  "$work/asan" "$tiny"
  ok
else
  cat "$work/asan.log" >&2
  skip "AddressSanitizer"
fi

printf '\nC library: %d kinds of consumers passed, %d left out' "$passed" "${#skipped[@]}"
[ ${#skipped[@]} -eq 0 ] || printf ' (%s)' "${skipped[*]}"
printf '\n'
[ ${#skipped[@]} -eq 0 ] || [ "${HSCODE_C_STRICT:-0}" != 1 ]
