#!/bin/bash
# Makes Debian packages of what `make build` made, in build/deb.
#
#   packaging/debian.sh VERSION
#
# DEBEMAIL is the address of the maintainer that the packages name: set it for packages that others get. The same files
# give the same bytes: all are dated by packaging/debian/changelog.
set -euo pipefail
cd "$(dirname "$0")/.."
version=$1
for tool in dh chrpath dpkg-gensymbols; do
  command -v $tool > /dev/null || { echo "deb: needs $tool: apt-get install debhelper dpkg-dev chrpath" >&2; exit 1; }
done
grep -q "^actionclip ($version)" packaging/debian/changelog || {
  echo "deb: packaging/debian/changelog does not begin with version $version" >&2; exit 1; }
echo 'deb: build/deb (half a minute)'
rm -rf build/deb
mkdir -p build/deb/work
cp -r packaging/debian build/deb/work/
sed -i "s|@EMAIL@|${DEBEMAIL:-actionclip@localhost}|; s|@VERSION@|$version|" \
  build/deb/work/debian/{control,changelog,*.symbols}
export TREE=$PWD SOURCE_DATE_EPOCH DPKG_GENSYMBOLS_CHECK_LEVEL=4
unset MAKEFLAGS MAKELEVEL MFLAGS MAKEOVERRIDES
SOURCE_DATE_EPOCH=$(dpkg-parsechangelog -l build/deb/work/debian/changelog -S Timestamp)
(cd build/deb/work && debian/rules binary > ../log.txt 2>&1) || { tail -n 20 build/deb/log.txt >&2; exit 1; }
rm -r build/deb/work
ls -l build/deb/*.deb | awk '{ printf "deb: %s (%.1f MB)\n", $NF, $5 / 1e6 }'
