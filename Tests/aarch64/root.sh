#!/bin/bash
# Makes what building for aarch64 on another processor takes: a root of Debian's arm64 packages (the C library, FFmpeg,
# and Swift's runtime, which is static) and a Swift SDK over it. It downloads 600 MB from the archive that apt uses here
# and keeps 500 MB. Nothing is installed.
#
#   Tests/aarch64/root.sh [FOLDER]     default build/aarch64/sdk
set -euo pipefail
cd "$(dirname "$0")/../.."
BUNDLE=${1:-build/aarch64/sdk}/aarch64.artifactbundle
LIBRARIES=trixie
PACKAGES=(libc6-dev libstdc++-14-dev libavformat-dev libavcodec-dev libavutil-dev libswscale-dev)
# The only suite whose Swift is recent enough. It is older than the compiler, which so reads its textual interfaces.
SWIFT=sid

ARCHIVE=$(apt-get indextargets --format '$(ORIGIN) $(REPO_URI)' 'Created-By: Packages' |
  awk '$1 == "Debian" && !/security/ { print $2; exit }')
[[ $ARCHIVE ]] || { echo 'root.sh: apt knows no archive of Debian here' >&2; exit 1; }
rm -rf "$BUNDLE" && mkdir -p "$BUNDLE/root"
WORK=$(mktemp -d) && trap 'rm -rf "$WORK"' EXIT

# packages SUITE COMMAND...: apt-get with the suite's arm64 packages and a state of its own.
packages() {
  local state=$WORK/$1
  mkdir -p "$state"/{lists,archives}/partial
  touch "$state/status"
  echo "deb [arch=arm64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $ARCHIVE $1 main" > "$state/sources"
  cat > "$state/apt.conf" << CONF
APT::Architecture "arm64";
APT::Architectures { "arm64"; };
APT::Install-Recommends "false";
Dir::Etc::sourcelist "$state/sources";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Dir::State "$state";
Dir::State::status "$state/status";
Dir::Cache "$state";
Acquire::Languages "none";
APT::Sandbox::User "root";
CONF
  APT_CONFIG=$state/apt.conf apt-get -qq update
  (cd "$state/archives" && APT_CONFIG=$state/apt.conf apt-get -qq "${@:2}" > /dev/null)
}
# unpack PACKAGE [PATTERN]: into the root; only the files that match.
unpack() { dpkg-deb --fsys-tarfile "$1" | tar x -C "$BUNDLE/root" --wildcards "${@:2}"; }

echo "aarch64: fetching libraries of $LIBRARIES"
packages $LIBRARIES install --download-only -y "${PACKAGES[@]}"
for package in "$WORK/$LIBRARIES"/archives/*.deb; do unpack "$package"; done
echo "aarch64: fetching Swift of $SWIFT"
packages $SWIFT download swiftlang
unpack "$WORK/$SWIFT"/archives/swiftlang_*.deb './usr/libexec/swift/lib/swift_static/*'
ROOT=$BUNDLE/root
ln -s usr/lib "$ROOT/lib"
mv "$ROOT/usr/libexec/swift/lib/swift_static" "$ROOT/usr/lib/swift_static"

# A binary module is read by the compiler of its own version only.
for module in "$ROOT"/usr/lib/swift_static/linux/*.swiftmodule; do
  ! compgen -G "$module/*.swiftinterface" > /dev/null || rm -f "$module"/*.swiftmodule
done
# The compiler's own headers.
TOOLCHAIN=$(dirname "$(dirname "$(readlink -f "$(command -v swift)")")")
ln -sfn "$(readlink -f "$TOOLCHAIN/lib/swift/clang")" "$ROOT/usr/lib/swift_static/clang"

cat > "$BUNDLE/info.json" << 'JSON'
{"schemaVersion": "1.0",
 "artifacts": {"aarch64": {"type": "swiftSDK", "version": "1", "variants": [{"path": "."}]}}}
JSON
cat > "$BUNDLE/swift-sdk.json" << 'JSON'
{"schemaVersion": "4.0",
 "targetTriples": {"aarch64-unknown-linux-gnu": {
   "sdkRootPath": "root",
   "swiftResourcesPath": "root/usr/lib/swift_static",
   "swiftStaticResourcesPath": "root/usr/lib/swift_static",
   "toolsetPaths": ["toolset.json"]}}}
JSON
# What SwiftPM gives the C compiler on Linux by itself, but not with an SDK.
echo '{"schemaVersion": "1.0", "cCompiler": {"extraCLIOptions": ["-fPIC"]}}' > "$BUNDLE/toolset.json"
echo "aarch64: $BUNDLE is made"
