#!/bin/bash
# Makes Debian packages of what `make build` made, in FOLDER (default build/deb), which it empties first.
#
#   packaging/debian.sh VERSION [FOLDER]
#
# DEBEMAIL is the address of the maintainer that the packages name: set it for packages that others get. The same files
# give the same bytes: all are dated by packaging/debian/changelog.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1 folder=${2:-build/deb}
for tool in dh chrpath dpkg-gensymbols; do
  command -v $tool > /dev/null || { echo "deb: needs $tool: apt-get install debhelper dpkg-dev chrpath" >&2; exit 1; }
done
grep -q "^actionclip ($version)" packaging/debian/changelog || {
  echo "deb: packaging/debian/changelog does not begin with version $version" >&2; exit 1; }
echo "deb: $folder (half a minute)"
rm -rf "$folder"
mkdir -p "$folder/work"
cp -r packaging/debian "$folder/work/"
sed -i "s|@EMAIL@|${DEBEMAIL:-actionclip@localhost}|; s|@VERSION@|$version|" \
  "$folder"/work/debian/{control,changelog,*.symbols}
export TREE=$PWD SOURCE_DATE_EPOCH DPKG_GENSYMBOLS_CHECK_LEVEL=4
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l "$folder/work/debian/changelog" -S Timestamp)
(cd "$folder/work" && debian/rules binary > ../log.txt 2>&1) || { tail -n 20 "$folder/log.txt" >&2; exit 1; }
rm -r "$folder/work"
ls -l "$folder"/*.deb | awk '{ printf "deb: %s (%.1f MB)\n", $NF, $5 / 1e6 }'
