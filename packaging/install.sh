#!/bin/bash
# Copies what `make build` made to where programs look for it, or removes it from there: one list for both.
#
#   packaging/install.sh install|uninstall
#
# The Makefile gives VERSION, ABI, PREFIX, BINDIR, LIBDIR, INCLUDEDIR, PCLIBDIR and DESTDIR.
set -euo pipefail
cd "$(dirname "$0")/.."
shopt -s nullglob
verb=$1
for name in PREFIX BINDIR LIBDIR INCLUDEDIR PCLIBDIR; do printf -v $name '%s' "$(realpath -ms "${!name:-/}")"; done
PREFIX=${PREFIX%/}  # empty: the root
command=build/bin/actionclip library=build/lib/libactionclip.so.$VERSION
share=$PREFIX/share manual=$share/man/man1 texts=$share/doc/actionclip cmake=$LIBDIR/cmake/actionclip
export PATH=$PATH:/sbin:/usr/sbin
found=no

# put MODE FILE PLACE
put() {
  if [[ $verb == uninstall ]]; then take_away "$3"; return; fi
  install -d "$DESTDIR${3%/*}"
  install -m "$1" "$2" "$DESTDIR$3"
}

# link TARGET PLACE
link() {
  if [[ $verb == uninstall ]]; then take_away "$2"; else ln -sfn "$1" "$DESTDIR$2"; fi
}

# inside PATH FOLDER ROOT: the path, told from a folder that is called ROOT, so that it stays right when the tree is
# moved. A path outside the prefix, told from outside of it, or without a ROOT, stays as it is.
inside() {
  if [[ -n $3 && $1/ == "$PREFIX"/* && $2/ == "$PREFIX"/* ]]; then
    echo "$3/$(realpath -ms --relative-to="${2:-/}" "${1:-/}")"
  else echo "$1"; fi
}

# fill TEMPLATE PLACE HERE ROOT: writes a text with the places of this installation. HERE is what the text calls its own
# folder (empty: the tree stays where it is), ROOT what it calls the prefix.
fill() {
  if [[ $verb == uninstall ]]; then take_away "$2"; return; fi
  local text folder=${2%/*} name
  text=$(cat "$1")
  text=${text//"@PREFIX@"/"$(inside "$PREFIX" "$folder" "$3")"}
  for name in LIBDIR INCLUDEDIR; do text=${text//"@$name@"/"$(inside "${!name}" "$PREFIX" "$4")"}; done
  for name in VERSION ABI; do text=${text//"@$name@"/"${!name}"}; done
  install -d "$DESTDIR$folder"
  install -m 644 /dev/stdin "$DESTDIR$2" <<< "$text"
}

# Whether a folder is the prefix or another one that was named for files, or lies in one.
is_ours() {
  local folder
  for folder in "$PREFIX" "$BINDIR" "$LIBDIR" "$INCLUDEDIR" "$PCLIBDIR"; do [[ $1/ != "$folder"/* ]] || return 0; done
  return 1
}

# Removes a file, and the folders of ours around it that are empty then; but not those that a system comes with.
take_away() {
  local place=$1 kept=() folder
  if [[ $PREFIX =~ ^(/usr(/local)?)?$ ]]; then kept=("$BINDIR" "$LIBDIR" "$INCLUDEDIR" "$share" "$share/man"); fi
  if [[ -e $DESTDIR$place || -L $DESTDIR$place ]]; then found=yes; fi
  rm -f "$DESTDIR$place"
  while place=${place%/*}; [[ -n $place ]] && is_ours "$place"; do
    for folder in "${kept[@]}"; do [[ $place != "$folder" ]] || return 0; done
    rmdir "$DESTDIR$place" 2> /dev/null || return 0
  done
}

everything() {
  put 755 $command "$BINDIR/actionclip"
  put 755 "$library" "$LIBDIR/libactionclip.so.$VERSION"
  link libactionclip.so.$VERSION "$LIBDIR/libactionclip.so.$ABI"
  link libactionclip.so.$ABI "$LIBDIR/libactionclip.so"
  local file here='${pcfiledir}'
  for file in actionclip.h actionclip.hpp; do put 644 include/$file "$INCLUDEDIR/$file"; done
  # The system's own tree is not moved, and pkg-config leaves its folders out of the flags when they have their usual
  # names: after -isystem /usr/include, headers of C++ do not find those of C.
  if [[ $PREFIX == /usr ]]; then here=; fi
  fill pkgconfig/actionclip.pc.in "$PCLIBDIR/actionclip.pc" "$here" '${prefix}'
  for file in actionclipConfig.cmake actionclipConfigVersion.cmake CMakeLists.txt; do
    fill packaging/cmake/$file.in "$cmake/$file" '${actionclip_HERE}' '${actionclip_PREFIX}'
  done
  # Where the library, from its own place, looks for the default model.
  put 644 models/actionclip-shapes.safetensors "$share/actionclip/actionclip-shapes.safetensors"
  put 644 build/share/actionclip/abi.json "$share/actionclip/abi.json"
  local pages=(build/share/man/man1/actionclip*.1)
  if [[ $verb == uninstall ]]; then pages=("$DESTDIR$manual"/actionclip.1 "$DESTDIR$manual"/actionclip-*.1); fi
  for file in "${pages[@]}"; do put 644 "$file" "$manual/${file##*/}"; done
  for file in bash-completion/completions/actionclip zsh/site-functions/_actionclip \
    fish/vendor_completions.d/actionclip.fish; do
    put 644 build/share/$file "$share/$file"
  done
  for file in LICENSE LICENSES/*; do put 644 "$file" "$texts/$file"; done
  for file in docs/*; do put 644 "$file" "$texts/${file#docs/}"; done
}

# Whether the system looks for libraries where this one is.
is_searched() {
  ldconfig -v -N -X 2> /dev/null | awk -v folder="$LIBDIR:" '$1 == folder { found = 1 } END { exit !found }'
}

# How the command and the library are found, where they are not simply found.
advise() {
  if [[ :$PATH: != *:"$BINDIR":* ]]; then
    echo "for the command and its manual pages: export PATH=\"$BINDIR:\$PATH\""
  fi
  if ! is_searched; then
    echo "programs that link it are told where it is: LD_LIBRARY_PATH=$LIBDIR, or -Wl,-rpath,$LIBDIR"
  elif (( EUID == 0 )); then ldconfig
  else echo 'for programs that link it, as root: ldconfig'; fi
}

case $verb in
  install)
    [[ -f $library && -x $command ]] || { echo 'install: run `make build` first' >&2; exit 1; }
    everything
    echo "installed libactionclip $VERSION in $DESTDIR${PREFIX:-/}"
    if [[ -z $DESTDIR ]]; then advise; fi ;;
  uninstall)
    refresh=
    if [[ -z $DESTDIR ]] && (( EUID == 0 )) && is_searched; then refresh=ldconfig; fi
    everything
    if [[ $found == no ]]; then echo "nothing of libactionclip was in $DESTDIR${PREFIX:-/}"; exit; fi
    $refresh
    echo "removed libactionclip $VERSION from $DESTDIR${PREFIX:-/}" ;;
  *) echo "install.sh: expected install or uninstall, not '$verb'" >&2; exit 64 ;;
esac
