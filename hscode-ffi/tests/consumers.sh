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

# try_install PACKAGE...: tries to install Debian's packages where CI may.
try_install() {
  [ -n "${CI:-}" ] && [ "$(id -u)" = 0 ] && have apt-get || return 0
  if [ ! -e "$work/apt-updated" ]; then
    timeout 120 apt-get update >/dev/null 2>&1 || true
    touch "$work/apt-updated"
  fi
  DEBIAN_FRONTEND=noninteractive timeout 600 apt-get install -y --no-install-recommends "$@" >/dev/null 2>&1 || true
}

# need COMMAND PACKAGE...: whether the command is there, after trying to install it.
need() {
  local command="$1"
  shift
  have "$command" || try_install "$@"
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
  # The test asks for more memory than there is, and wants to be told.
  ASAN_OPTIONS=allocator_may_return_null=1 "$work/asan" "$tiny"
  ok
else
  cat "$work/asan.log" >&2
  skip "AddressSanitizer"
fi

# The library itself instrumented, not only its host: gcc's own runtime does not see Rust's atomics. Rust brings a
# runtime of the same make; the flag behind it is unstable, hence the variable.
target="$(rustc -vV | sed -n 's/^host: //p')"
runtime="$(rustc --print sysroot)/lib/rustlib/$target/lib/librustc-stable_rt.tsan.a"
# On request only (HSCODE_C_TSAN=1): a lock of the uninstrumented standard library that has to wait is not seen, and
# what it hands over, such as scratch memory, is now and then taken for a race.
if [ "${HSCODE_C_TSAN:-0}" != 1 ]; then
  say "ThreadSanitizer: on request, HSCODE_C_TSAN=1"
elif [ -e "$runtime" ] && gcc -fsanitize=thread -std=c99 -D_POSIX_C_SOURCE=200809L -g $flags -c threads.c \
  -o "$work/tsan.o" 2>"$work/tsan.log"; then
  say "ThreadSanitizer: 8 threads on one classifier"
  folder="${CARGO_TARGET_DIR:-$repository/target}/tsan"
  (cd "$repository" && RUSTC_BOOTSTRAP=1 CARGO_TARGET_DIR="$folder" CARGO_PROFILE_RELEASE_LTO=off \
    CARGO_PROFILE_RELEASE_STRIP=none CARGO_PROFILE_RELEASE_DEBUG=line-tables-only \
    RUSTFLAGS="-Zsanitizer=thread -Cunsafe-allow-abi-mismatch=sanitizer" cargo rustc --quiet --locked --release \
    --target "$target" --package hscode-ffi --lib --crate-type staticlib)
  gcc "$work/tsan.o" "$folder/$target/release/libhscode_ffi.a" -Wl,--whole-archive "$runtime" \
    -Wl,--no-whole-archive -o "$work/tsan" -rdynamic -pthread -lgcc_s -lutil -lrt -lm -ldl
  TSAN_OPTIONS="suppressions=$here/consumers/tsan.supp halt_on_error=1 exitcode=9" "$work/tsan"
  ok
else
  skip "ThreadSanitizer"
fi

# The examples, as their readers build them.
examples="$repository/examples"
strict_flags="$strict $flags"

for example in single batch file house_rules; do
  gcc -std=c99 $strict_flags "$examples/c/$example.c" -o "$work/$example" $shared
done
say "examples in C"
"$work/single" "mens cotton crew neck tee" | tee "$work/out"
grep -q 6109 "$work/out"
"$work/batch" | tee "$work/out"
grep -q '^3  refused: invalid_input' "$work/out"
"$work/house_rules" | tee "$work/out"
grep -q '847130 by house-rules' "$work/out"
"$work/file" "$examples/c/goods.txt" >"$work/by_c.jsonl"
[ "$(wc -l <"$work/by_c.jsonl")" = "$(wc -l <"$examples/c/goods.txt")" ]
ok

say "what README.md and docs/c.md show"
# The first block of a language in a page, as a program: its includes, then the rest as the body of main.
block() {
  awk -v fence='```'"$2" '$0 == fence && !done { on = 1; next } on && $0 == "```" { on = 0; done = 1 } on' "$1"
}
program() {
  printf '#include <stdio.h>\n#include <string.h>\n'
  block "$1" c | grep '^#include'
  printf 'int main(void) {\nconst char *text = "wooden dining table"; size_t len = strlen(text); (void)len;\n'
  block "$1" c | grep -v '^#include'
  printf 'return 0;\n}\n'
}
for page in README.md docs/c.md; do
  program "$repository/$page" >"$work/page.c"
  gcc -std=c99 -Wall -Wextra -Werror $flags "$work/page.c" -o "$work/page" $shared
  "$work/page" | tee "$work/out"
  grep -Eq '[0-9]{4}' "$work/out"
done
{
  printf '#include <iostream>\n'
  block "$repository/docs/c.md" cpp | grep '^#include'
  printf 'int main() {\n'
  block "$repository/docs/c.md" cpp | grep -v '^#include'
  printf '}\n'
} >"$work/page.cpp"
g++ -std=c++11 $strict_flags "$work/page.cpp" -o "$work/page_cpp" $shared
"$work/page_cpp"
ok

say "examples in C++"
g++ -std=c++11 $strict_flags "$examples/cpp/classify.cpp" -o "$work/classify" $shared
g++ -std=c++17 $strict_flags "$examples/cpp/threads.cpp" -o "$work/threads_cpp" -pthread $shared
"$work/classify" "wooden dining table"
"$work/threads_cpp"
ok

if need cobc gnucobol3; then
  say "COBOL: records of fixed length in and out"
  cobc -x "$examples/cobol/CLASSIFY.cob" -o "$work/CLASSIFY" -L"$lib" -lhscode
  LD_LIBRARY_PATH="$lib" DD_GOODS="$examples/cobol/goods.dat" DD_CODES="$work/codes.dat" "$work/CLASSIFY"
  cat "$work/codes.dat"
  # Records of 40 bytes, one for each of 100; the vague and the unreadable are told apart.
  [ $(($(stat -c %s "$work/codes.dat") / 40)) = $(($(stat -c %s "$examples/cobol/goods.dat") / 100)) ]
  grep -aq '^2026-0000003 .*VAGUE' "$work/codes.dat"
  grep -aq '^2026-0000005 .*BAD TEXT' "$work/codes.dat"
  grep -aq '^2026-0000006 940360 .*DECLARE' "$work/codes.dat"
  ok
else
  skip "COBOL (gnucobol3)"
fi

jna=/usr/share/java/jna.jar
need javac default-jdk-headless libjna-java || true
[ -e "$jna" ] || try_install libjna-java
if have javac && [ -e "$jna" ]; then
  say "Java, over JNA"
  mkdir "$work/java"
  javac -encoding UTF-8 -cp "$jna" -d "$work/java" $(find "$examples/java/src" -name '*.java')
  java -Djna.library.path="$lib" -cp "$work/java:$jna" example.ClassifyGoods | tee "$work/out"
  grep -q 'declare 940360' "$work/out"
  grep -q '^status 5: ' "$work/out"
  ok
else
  skip "Java (javac, libjna-java)"
fi

say "a host that cannot link: the command as a co-process"
if [ -z "${HSCODE:-}" ]; then
  HSCODE="$work/hscode"
  printf '#!/bin/sh\nexec cargo run --quiet --locked --manifest-path "%s/Cargo.toml" --package hscode-cli -- "$@"\n' \
    "$repository" >"$HSCODE"
  chmod +x "$HSCODE"
  "$HSCODE" --version
fi
export HSCODE
timeout 60 bash "$examples/coprocess/ask.sh" | tee "$work/out"
grep -q '^wooden dining table: 940360' "$work/out"
if have perl; then
  timeout 60 perl "$examples/coprocess/ask.pl" | tee "$work/out"
  grep -q '^gift: ask a person: vague' "$work/out"
else
  skip "Perl"
fi
"$HSCODE" classify --input - --output - <"$examples/c/goods.txt" >"$work/by_command.jsonl"
cmp "$work/by_c.jsonl" "$work/by_command.jsonl"
ok

printf '\nC library: %d kinds of consumers passed, %d left out' "$passed" "${#skipped[@]}"
[ ${#skipped[@]} -eq 0 ] || printf ' (%s)' "${skipped[*]}"
printf '\n'
[ ${#skipped[@]} -eq 0 ] || [ "${HSCODE_C_STRICT:-0}" != 1 ]
