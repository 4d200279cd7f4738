#!/usr/bin/env bash
# test-dist.sh TARBALL: whether it runs where there is nothing but the C library of Debian 11: by its symbols, and in
# a folder of its own as the root of everything, with a study on generated text.
set -euo pipefail
tarball=$(readlink -f "$1")
here=$(cd "$(dirname "$0")/.." && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
fail() { echo "test-dist.sh: $*" >&2; exit 1; }

mkdir "$work/root"
tar -xf "$tarball" -C "$work/root"
program=$(echo "$work"/root/mixpipe-*/bin/mixpipe)
newest=$(objdump -T "$program" | grep -o 'GLIBC_[0-9.]*' | sort -Vu | tail -n 1)
[ "$(printf '%s\n' GLIBC_2.31 "$newest" | sort -V | tail -n 1)" = GLIBC_2.31 ] || fail "found $newest, expected GLIBC_2.31 at most"
others=$(readelf -d "$program" | sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p' | grep -vE '^(libc|libm|libdl|libpthread|librt|ld-linux).*' || true)
[ -z "$others" ] || fail "found that it needs $others, expected the C library alone"
echo "symbols up to $newest, libraries: $(readelf -d "$program" | sed -nE 's/.*NEEDED.*\[(.*)\]/\1/p' | tr '\n' ' ')"

# Debian 11's C library where apt can get it, else this system's.
(
  cd "$work" && mkdir -p lists/partial cache
  mirror=$(apt-get indextargets --format '$(REPO_URI)' 2>/dev/null | grep -m 1 'debian/\?$')
  echo "deb [trusted=yes] $mirror bullseye main" >list
  options=(-qq -o "Dir::Etc::sourcelist=$work/list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$work/lists" -o "Dir::Cache=$work/cache")
  apt-get "${options[@]}" update && apt-get "${options[@]}" download libc6/bullseye && dpkg -x libc6_*.deb root
) >/dev/null 2>&1 || {
  echo "Debian 11's C library could not be had; with this system's instead"
  for library in $(ldd "$program" | grep -oE '/[^ ]+'); do install -D "$(readlink -f "$library")" "$work/root$library"; done
}
mkdir -p "$work/root/tmp" "$work/root/proc" "$work/root/dev"
cp "$here/corpora/synthetic.json" "$work/root/tmp/"
cat >"$work/run" <<'END'
set -eu
mount -t proc none "$1/proc"
touch "$1/dev/null" && mount --bind /dev/null "$1/dev/null"
m=/$(cd "$1" && echo mixpipe-*/bin/mixpipe)
chroot "$1" "$m" --version
chroot "$1" "$m" corpus build /tmp/synthetic.json --output /tmp/corpus --quiet
chroot "$1" "$m" study /tmp/study --corpus /tmp/corpus --size 50k --tokens 20000 --methods bo --trials 4 --finalists 1 \
  --confirmation-seeds 2 --quiet
test -s "$1/tmp/study/report.html"
END
if [ "$(id -u)" = 0 ]; then unshare --mount --pid --fork sh "$work/run" "$work/root"; else
  unshare --user --map-root-user --mount --pid --fork sh "$work/run" "$work/root"; fi || fail "the study did not come to its end"
echo "a study on generated text ran where there is no Swift and no OpenBLAS"
