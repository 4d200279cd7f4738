#!/usr/bin/env bash
# older-glibc.sh PROGRAM LIMIT FOLDER: makes FOLDER/older-glibc.o and FOLDER/older-glibc.flags, with which PROGRAM,
# linked anew, asks for no symbol of the C library newer than version LIMIT, e.g. 2.31.
#
# For each symbol that is too new, the C library here has the older version too, for programs of old: the
# newest that is old enough is asked for by name. The few that were not there at all are in older-glibc.c.
set -euo pipefail
program=$1 limit=$2 folder=$3
here=$(cd "$(dirname "$0")" && pwd)
compiler=$(command -v clang || command -v cc)
mkdir -p "$folder"

newer() { # symbols of the program that are newer than the limit, with their version
  objdump -T "$1" | sed -nE 's/.*\*UND\*.*\(?GLIBC_([0-9.]+)\)? +([A-Za-z0-9_]+)$/\1 \2/p' |
    awk -v limit="$limit" '{ split($1, v, "."); split(limit, l, ".");
      if (v[1] > l[1] || v[1] == l[1] && v[2] > l[2]) print $2 }' | sort -u
}
available() { # the newest version of a symbol that is old enough
  for library in $(ldd "$program" | sed -nE 's/.*=> ([^ ]*(libc|libm|libdl|libpthread|librt)\.so[^ ]*).*/\1/p'); do
    objdump -T "$library"
  done | awk -v name="$1" -v limit="$limit" '$NF == name { for (i = 1; i < NF; i++) if ($i ~ /GLIBC_[0-9]/) {
      gsub(/[()]|GLIBC_/, "", $i); split($i, v, "."); split(limit, l, ".");
      if (v[1] < l[1] || v[1] == l[1] && v[2] <= l[2]) print $i } }' | sort -V | tail -n 1
}

case $(uname -m) in
  x86_64) jump='jmp NAME@PLT' ;;
  aarch64) jump='b NAME' ;;
  *) echo "older-glibc.sh: expected x86_64 or aarch64, found $(uname -m)" >&2; exit 1 ;;
esac
own=$(sed -nE 's/.*__wrap_([A-Za-z0-9_]+)(\(|:| =).*/\1/p' "$here/older-glibc.c" | sort -u)
: >"$folder/older-glibc.flags"
{
  echo '.text'
  for symbol in $(newer "$program"); do
    if ! grep -qx "$symbol" <<<"$own"; then
      version=$(available "$symbol")
      [ -n "$version" ] || { echo "older-glibc.sh: $symbol has no version up to $limit here" >&2; exit 1; }
      echo ".symver old_$symbol, $symbol@GLIBC_$version"
      printf '.globl __wrap_%s\n.type __wrap_%s, %%function\n__wrap_%s: %s\n' $symbol $symbol $symbol "${jump/NAME/old_$symbol}"
    fi
    printf -- '--wrap=%s\n' "$symbol" >>"$folder/older-glibc.flags"
  done
  echo '.section .note.GNU-stack,"",%progbits'
} >"$folder/versions.s"
"$compiler" -O2 -fPIC -c "$here/older-glibc.c" -o "$folder/own.o"
"$compiler" -c "$folder/versions.s" -o "$folder/versions.o"
ld -r "$folder/own.o" "$folder/versions.o" -o "$folder/older-glibc.o"
