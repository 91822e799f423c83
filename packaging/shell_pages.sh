#!/bin/bash
# Makes the command's manual pages and completions from the definitions that its argument parser has.
#
#   packaging/shell_pages.sh COMMAND VERSION FOLDER
#
# The completions are for bash, zsh and fish. All files lie below FOLDER as they are installed below PREFIX/share.
set -euo pipefail
command=$1 version=$2 folder=$3
rm -rf "$folder/man"
python3 "$(dirname "$0")/manual.py" "$command" "$version" "$folder/man/man1"
completion() { # completion SHELL FILE
  install -d "$folder/${2%/*}"
  "$command" --generate-completion-script "$1" > "$folder/$2"
}
completion bash bash-completion/completions/actionclip
sed -i '1{/^#!/d}' "$folder/bash-completion/completions/actionclip"  # it is read by shells, not run
completion zsh zsh/site-functions/_actionclip
completion fish fish/vendor_completions.d/actionclip.fish
