#!/usr/bin/env bash
# dist.sh FOLDER: the program in FOLDER/mixpipe as it can be carried to any Linux of this architecture with glibc 2.31
# or later (Debian 11, Ubuntu 20.04): Swift's libraries, OpenBLAS and the C++ library are in it.
set -euo pipefail
folder=$1
here=$(cd "$(dirname "$0")" && pwd)
mkdir -p "$folder/lib" "$folder/pkgconfig"
folder=$(cd "$folder" && pwd)

# A folder with nothing but the archives, so that the linker cannot choose shared libraries.
openblas=$(find "$(pkg-config --variable=libdir openblas)" /usr/lib -name libopenblas.a 2>/dev/null | head -n 1)
[ -n "$openblas" ] || { echo "dist.sh: found no libopenblas.a, expected the one of libopenblas-dev" >&2; exit 1; }
for archive in "$(readlink -f "$openblas")" "$(g++ -print-file-name=libstdc++.a)"; do
  [ -f "$archive" ] || { echo "dist.sh: found no $archive; install g++" >&2; exit 1; }
done
ln -sf "$(readlink -f "$openblas")" "$folder/lib/libopenblas.a"
ln -sf "$(g++ -print-file-name=libstdc++.a)" "$folder/lib/libstdc++.a"
cat >"$folder/pkgconfig/openblas.pc" <<END
Name: openblas
Description: the archive alone
Version: $(pkg-config --modversion openblas)
Libs: -L$folder/lib -lopenblas
Cflags: $(pkg-config --cflags openblas)
END
export PKG_CONFIG_PATH="$folder/pkgconfig"

build() {
  swift build -c release --scratch-path .build/dist --static-swift-stdlib --product mixpipe -Xswiftc -use-ld=lld \
    -Xswiftc -Xclang-linker -Xswiftc -static-libgcc -Xlinker "-L$folder/lib" "$@"
}
build
program=$(swift build -c release --scratch-path .build/dist --static-swift-stdlib --show-bin-path)/mixpipe
"$here/older-glibc.sh" "$program" 2.31 "$folder"
flags=()
while read -r flag; do flags+=(-Xlinker "$flag"); done <"$folder/older-glibc.flags"
# Until 2.34 threads and the like were libraries of their own.
for library in libpthread.so.0 libdl.so.2 librt.so.1; do flags+=(-Xlinker "-l:$library"); done
build -Xlinker --no-as-needed "${flags[@]}" -Xlinker "$folder/older-glibc.o"
strip -o "$folder/mixpipe" "$program"
