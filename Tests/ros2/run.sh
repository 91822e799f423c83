#!/bin/bash
# The ROS 2 package: its conversions for real, and its node over stubs of rclcpp and the messages (stubs/).
#
#   Tests/ros2/run.sh
#
# LIB_DIR (default build/lib), BUILD (default build/tests), CXX.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1
LIB_DIR=$(realpath "${LIB_DIR:-build/lib}") || exit 1
BUILD=${BUILD:-build/tests}/ros2
mkdir -p "$BUILD" && BUILD=$(realpath "$BUILD")
CXX=${CXX:-$(command -v g++ || command -v c++)}
PACKAGE=examples/ros2/actionclip_ros
FLAGS=(-std=c++17 -O0 -g1 -Wall -Wextra -Wshadow -Werror -Iinclude -I$PACKAGE/include -ITests/ros2/stubs)
LINK=("-L$LIB_DIR" -lactionclip "-Wl,-rpath,$LIB_DIR" -lpthread)
sanitize=(-fsanitize=address,undefined -fno-sanitize-recover=all)
echo 'int main() { return 0; }' > "$BUILD/probe.cpp"
if $CXX "${sanitize[@]}" "$BUILD/probe.cpp" -o "$BUILD/probe" 2> /dev/null && "$BUILD/probe"; then
  FLAGS+=("${sanitize[@]}")
else echo 'ros2: no sanitizers here'; fi
failed=0
for source in $PACKAGE/src/recognizer.cpp $PACKAGE/src/recognizer_node.cpp Tests/ros2/test_node.cpp; do
  $CXX "${FLAGS[@]}" -c $source -o "$BUILD/$(basename $source .cpp).o" & compiling+=($!)
done
$CXX "${FLAGS[@]}" Tests/ros2/test_conversions.cpp -o "$BUILD/test_conversions" "${LINK[@]}" || failed=1
for process in "${compiling[@]}"; do wait "$process" || failed=1; done
(( failed )) ||
  $CXX "${FLAGS[@]}" "$BUILD"/{recognizer,recognizer_node,test_node}.o -o "$BUILD/test_node" "${LINK[@]}" ||
  failed=1
(( failed )) && { echo 'ros2: FAILED to compile' >&2; exit 1; }
for program in test_conversions test_node; do
  timeout -k 5 120 "$BUILD/$program" 2> "$BUILD/$program.txt" || { failed=1; tail -n 30 "$BUILD/$program.txt" >&2; }
done
# The package's files are what colcon reads.
python3 - $PACKAGE/package.xml << 'PYTHON' || failed=1
import sys, xml.etree.ElementTree as tree
package = tree.parse(sys.argv[1]).getroot()
assert package.get("format") == "3" and package.findtext("name") == "actionclip_ros"
PYTHON
exit $failed
