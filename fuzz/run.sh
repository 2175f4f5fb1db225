#!/usr/bin/env bash
# Runs every fuzz target, or those named, for so many seconds each under libFuzzer with AddressSanitizer.
#
#     fuzz/run.sh [SECONDS [TARGET ...]]        60 seconds each unless told; what is found stands in fuzz/artifacts
#
# Takes cargo-fuzz (cargo install cargo-fuzz --locked) and a C++ compiler. The pinned compiler does: RUSTC_BOOTSTRAP
# lets it take the flags for the sanitizer. Prints for each target: executions, edges covered, inputs kept.
set -euo pipefail
cd "$(dirname "$0")"
export RUSTC_BOOTSTRAP=1
seconds="${1:-60}"
shift || true
targets=("$@")
if ((${#targets[@]} == 0)); then mapfile -t targets < <(cargo fuzz list); fi
folder=(--target-dir "${CARGO_TARGET_DIR:-../target}/fuzz")

# Files to start from: those of the same targets in `cargo test`. A corpus that is there is kept and grows.
HSCODE_FUZZ_SEEDS="$PWD/corpus" cargo test --quiet --locked --manifest-path ../Cargo.toml -p hscode-core --test fuzz

cargo fuzz build "${folder[@]}"
failed=0
for target in "${targets[@]}"; do
  mkdir -p "corpus/$target" artifacts
  log="artifacts/$target.log"
  if ! cargo fuzz run "${folder[@]}" "$target" "corpus/$target" -- -max_total_time="$seconds" -max_len=65536 -len_control=0 \
    -timeout=20 -rss_limit_mb=4096 -print_final_stats=1 >"$log" 2>&1; then
    failed=1
    echo "$target: FOUND SOMETHING, see fuzz/$log"
    tail -n 30 "$log"
    continue
  fi
  executions="$(sed -n 's/^stat::number_of_executed_units: *//p' "$log")"
  covered="$(grep -o ' cov: [0-9]*' "$log" | tail -n 1 | tr -dc 0-9)"
  echo "$target: $executions executions, $covered edges, $(find "corpus/$target" -type f | wc -l) inputs kept"
done
exit "$failed"
