#!/usr/bin/env bash
# Does every dependency resolve to wheels on the systems and Pythons that a user may have? By hand, with a network:
#   tools/resolve.sh              all of them
#   tools/resolve.sh 3.13 win_amd64
# Downloads metadata only (pip's dry run) and prints one line per combination; what has no wheel is named.
set -uo pipefail
cd "$(dirname "$0")/.."
pip="${PIP:-.venv/bin/python -m pip}"
pythons="${1:-3.11 3.12 3.13 3.14}"
systems="${2:-manylinux_2_28_x86_64 macosx_14_0_arm64 win_amd64}"
status=0
for python in $pythons; do
  # pip judges markers by the Python that runs it; ours are judged here by the one that is asked for
  needs=$(.venv/bin/python - "$python" <<'P'
import sys, tomllib
from packaging.requirements import Requirement
for line in tomllib.load(open("pyproject.toml", "rb"))["project"]["dependencies"]:
    need = Requirement(line)
    if need.marker is None or need.marker.evaluate({"python_version": sys.argv[1]}):
        print(f"{need.name}{need.specifier}")
P
  )
  for system in $systems; do
    older=""
    [ "$system" = manylinux_2_28_x86_64 ] && older="--platform manylinux_2_17_x86_64 --platform manylinux2014_x86_64 --platform manylinux_2_27_x86_64 --platform manylinux_2_26_x86_64 --platform manylinux1_x86_64 --platform manylinux_2_5_x86_64"
    [ "$system" = macosx_14_0_arm64 ] && older="--platform macosx_13_0_arm64 --platform macosx_12_0_arm64 --platform macosx_11_0_arm64 --platform macosx_10_9_universal2"
    where=$(mktemp -d)
    mapfile -t wanted <<<"$needs"
    # shellcheck disable=SC2086
    if said=$($pip install --dry-run --ignore-installed --quiet --report - --target "$where" --only-binary=:all: \
        --python-version "$python" --implementation cp --platform "$system" $older "${wanted[@]}" 2>&1); then
      echo "$python $system: resolves"
    else
      echo "$python $system: $(grep -E 'ERROR' <<<"$said" | head -2 | tr '\n' ' ')"
      status=1
    fi
    rmdir "$where" 2>/dev/null || rm -rf "$where"
  done
done
exit $status
