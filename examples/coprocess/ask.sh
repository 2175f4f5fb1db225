#!/usr/bin/env bash
# A host that cannot link: the hscode command runs beside it, and is asked line by line.
#
#   HSCODE=path/to/hscode ./ask.sh
#
# A line of text goes in, a line of JSON comes out; --batch 1 answers each as it comes. The model is opened once.
set -euo pipefail
coproc HS { "${HSCODE:-hscode}" classify --input - --output - --batch 1 --threads 1; }
# Kept here, since bash forgets the pipes of a program that has ended.
exec {ask}>&"${HS[1]}" {answers}<&"${HS[0]}"
hs=$HS_PID
eval "exec ${HS[1]}>&-"

for goods in "mens cotton crew neck tee" "gift" "wooden dining table"; do
  printf '%s\n' "$goods" >&"$ask"
  IFS= read -r answer <&"$answers"
  code="$(sed -n 's/.*"decision":"[a-z_]*","code":\(null\|"\([0-9]*\)"\).*/\2/p' <<<"$answer")"
  printf '%s: %s\n' "$goods" "${code:-ask a person}"
done

exec {ask}>&- # the end of its input ends it
wait "$hs"
