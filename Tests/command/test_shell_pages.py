"""Manual pages and completions, which are made from the definitions of the command's arguments."""

import os
import re
import shutil
import subprocess

import pytest
from actionclip_command import COMMAND, ROOT, run
from test_install import COMMANDS

SHARE = ROOT / "build" / "share"
PAGES = sorted((SHARE / "man/man1").glob("*.1"))
COMPLETIONS = {
    "bash": SHARE / "bash-completion/completions/actionclip",
    "zsh": SHARE / "zsh/site-functions/_actionclip",
    "fish": SHARE / "fish/vendor_completions.d/actionclip.fish",
}


def words(page):
    return page.read_text().replace("\\-", "-")


def test_every_command_has_a_page_with_every_option():
    assert [page.name for page in PAGES] == sorted(["actionclip.1", *(f"actionclip-{c}.1" for c in COMMANDS)])
    for command in COMMANDS:
        page = words(SHARE / f"man/man1/actionclip-{command}.1")
        options = set(re.findall(r"--[a-z0-9-]+", run(command, "--help").stdout.split("USAGE:")[1]))
        assert len(options) > 2 and all(f"\\fB{option}\\fR" in page for option in options), command
    front = words(SHARE / "man/man1/actionclip.1")
    assert all(f"actionclip-{command} (1)" in front for command in COMMANDS)
    assert "64 wrong usage" in front
    read = {name for path in (ROOT / "Sources/Session").rglob("*.swift")
            for name in re.findall(r'"(ACTIONCLIP_[A-Z]+)"', path.read_text())}  # fmt: skip
    assert len(read) >= 2 and all(f"\\fB{name}\\fR" in front for name in read)


def test_pages_say_where_the_texts_are_that_they_name():
    for page in PAGES:
        named = set(re.findall(r"\bdocs/([A-Z_]+\.md)", words(page))) - {"NAME.md"}
        assert bool(named) == ("share/doc/actionclip/NAME.md" in words(page)), page
        assert all((ROOT / "docs" / name).exists() for name in named), page


def test_the_same_command_gives_the_same_pages(tmp_path):
    version = run("--version").stdout.split()[1].strip(",")
    made = []
    for name in ["first", "second"]:
        subprocess.run([ROOT / "packaging/shell_pages.sh", COMMAND, version, tmp_path / name], check=True)
        files = (path for path in (tmp_path / name).rglob("*") if path.is_file())
        made.append({str(path.relative_to(tmp_path / name)): path.read_bytes() for path in files})
    assert made[0] == made[1] and len(made[0]) == len(PAGES) + len(COMPLETIONS)
    year = rb"\b20[0-9][0-9]\b"
    pages = [text for name, text in made[0].items() if name.endswith(".1")]
    assert not any(re.search(year, text) for text in pages)
    assert not any(b"\\[u" in text for text in pages), "a plain terminal shows every character"


@pytest.mark.skipif(not shutil.which("mandoc"), reason="no mandoc")
def test_mandoc_has_no_complaint_but_of_the_date_that_is_left_out():
    found = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *PAGES], capture_output=True, text=True).stdout
    assert [line for line in found.splitlines() if "missing date" not in line] == []


@pytest.mark.skipif(not shutil.which("groff"), reason="no groff")
def test_groff_has_no_complaint():
    for page in PAGES:
        process = subprocess.run(["groff", "-ww", "-man", "-Tutf8", "-z", page], capture_output=True, text=True)
        assert process.returncode == 0 and process.stderr == "", page


@pytest.mark.parametrize("shell", COMPLETIONS)
def test_completions_are_programs_of_their_shells(shell):
    if not shutil.which(shell):
        pytest.skip(f"no {shell}")
    process = subprocess.run([shell, "-n", COMPLETIONS[shell]], capture_output=True, text=True)
    assert process.returncode == 0 and process.stderr == ""


@pytest.mark.skipif(not shutil.which("bash"), reason="no bash")
@pytest.mark.parametrize(
    "line, expected",
    [("actionclip tim", {"timeline"}), ("actionclip classify --compute b", {"bf16"}),
     ("actionclip classify --open-c", {"--open-clip-name"}), ("actionclip info READ", {"README.md"}),
     ("actionclip classify --labels READ", {"README.md"})],
)  # fmt: skip
def test_bash_completes(line, expected):
    typed = line.split(" ")
    script = f"""source "{COMPLETIONS["bash"]}"
COMP_WORDS=({line}) COMP_CWORD={len(typed) - 1} COMP_LINE="{line}" COMP_POINT={len(line)}
_actionclip actionclip "{typed[-1]}" "{typed[-2]}"
printf '%s\\n' "${{COMPREPLY[@]}}" """
    process = subprocess.run(
        ["bash", "--norc", "-c", script], capture_output=True, text=True, cwd=ROOT,
        env={**os.environ, "PATH": f"{COMMAND.parent}:{os.environ['PATH']}"})
    assert set(process.stdout.split()) == expected, process.stderr
