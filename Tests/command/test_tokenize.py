import json
import os
import select
import shutil
import subprocess
import time

import pytest
from actionclip_command import COMMAND, MERGES, MODEL, PACKS, SHARED, assert_error, json_lines, run

CASES = SHARED / "tokenizer" / "cases.json"
STANDARD = SHARED / "tokenizer" / "bpe_simple_vocab_16e6.txt.gz"
needs_standard_list = pytest.mark.skipif(not CASES.exists(), reason="no ../shared/tokenizer")


def tokenize(*texts, arguments=("--tokenizer", MERGES)):
    """Ids of texts that are given as JSON source."""
    process = run("tokenize", *arguments, stdin="".join(text + "\n" for text in texts))
    assert process.returncode == 0, process.stderr
    return json_lines(process)


@needs_standard_list
@pytest.mark.parametrize("ascii_only", [True, False], ids=["escaped", "raw"])
def test_reference_cases(ascii_only):
    cases = json.loads(CASES.read_text())
    sources = [json.dumps(case["text"], ensure_ascii=ascii_only) for case in cases]
    got = tokenize(*sources, arguments=["--tokenizer", STANDARD])
    assert [ids for ids in got] == [case["ids"] for case in cases]


@needs_standard_list
def test_reference_markers():
    assert tokenize('"hello world"', '""', arguments=["--tokenizer", STANDARD, "--markers"]) == [
        [49406, 3306, 1002, 49407], [49406, 49407],
    ]


def test_markers_are_the_last_two_of_the_vocabulary():
    # 256 bytes, 256 at a word's end, the merges, the markers
    size = 512 + len([line for line in MERGES.read_text().splitlines()[1:] if line.strip()]) + 2
    bare, empty = tokenize('"run"', '""')
    assert bare and empty == []
    marked = tokenize('"run"', '""', arguments=["--tokenizer", MERGES, "--markers"])
    assert marked == [[size - 2, *bare, size - 1], [size - 2, size - 1]]


def test_escapes_mean_what_they_say():
    pairs = [
        ('"caf\\u00E9"', '"café"'),
        ('"\\ud83d\\ude00 \\uD83D\\uDE00"', '"😀 😀"'),
        ('"a\\/b\\"c"', '"a/b\\u0022c"'),
        ('"a\\tb\\nc\\rd\\fe"', '"a b c d e"'),
        ('"back\\\\slash"', '"back\\u005cslash"'),
        ('  "x"\t\r', '"x"'),
    ]
    for left, right in pairs:
        one, other = tokenize(left, right)
        assert one == other and one, (left, right)
    # A NUL is text like any other: what follows it counts.
    nul, whole, cut = tokenize('"run\\u0000ning"', '"running"', '"run"')
    assert nul == whole != cut


@pytest.mark.parametrize(
    "line, words",
    [
        ("hello", ["quotation mark"]),
        ("", ["quotation mark"]),
        ("7", ["quotation mark"]),
        ('["a"]', ["quotation mark"]),
        ('"a', ["closing"]),
        ('"a" "b"', ["follows"]),
        ('"a\\x"', ["escape"]),
        ('"a\tb"', ["control character"]),
        ('"\\u12"', ["hexadecimal"]),
        ('"\\u+123"', ["hexadecimal"]),
        ('"\\ud800"', ["surrogate"]),
        ('"\\ud800x"', ["surrogate"]),
        ('"\\ud800\\u0041"', ["surrogate"]),
        ('"\\udc00\\ud800"', ["surrogate"]),
        ('"\\ud800\\ud800"', ["surrogate"]),
    ],
)
def test_a_bad_line_is_named_and_nothing_of_it_is_written(line, words):
    process = run("tokenize", "--tokenizer", MERGES, stdin=f'"one"\n"two"\n{line}\n"four"\n')
    assert_error(process, "line 3", *words)
    assert len(json_lines(process)) == 2 and process.stdout.endswith("]\n")


def test_bytes_that_are_not_utf8_are_named():
    for bad in [b'"a\xff"', b'"\xed\xa0\x80"', b'"\xc0\x80"', b'"\x00"']:
        process = run("tokenize", "--tokenizer", MERGES, stdin=b'"a"\n' + bad + b"\n")
        assert process.returncode == 1
        assert b"line 2" in process.stderr
        assert process.stdout.count(b"\n") == 1


def test_the_last_line_needs_no_line_feed():
    assert run("tokenize", "--tokenizer", MERGES, stdin='"run"').stdout == run(
        "tokenize", "--tokenizer", MERGES, stdin='"run"\n').stdout
    process = run("tokenize", "--tokenizer", MERGES, stdin="")
    assert (process.returncode, process.stdout, process.stderr) == (0, "", "")


def test_texts_as_arguments():
    process = run("tokenize", "--tokenizer", MERGES, "--text", '"run"', "--text", '"\\u00e9t\\u00e9"')
    assert json_lines(process) == tokenize('"run"', '"été"')
    process = run("tokenize", "--tokenizer", MERGES, "--text", '"run"', "--text", "run")
    assert_error(process, "--text 2")
    assert len(json_lines(process)) == 1


def test_with_a_model_the_ids_are_what_its_text_encoder_is_given(tmp_path):
    by_model = ["--model", MODEL]
    assert tokenize('"run"', '""', '"été"', arguments=by_model) == tokenize('"run"', '""', '"été"')
    marked = ["--tokenizer", MERGES, "--markers"]
    assert tokenize('"jump high"', arguments=[*by_model, "--markers"]) == tokenize('"jump high"', arguments=marked)

    (info,) = json_lines(run("info", MODEL, "--json"))
    long = json.dumps("a " * 500)
    assert_error(run("tokenize", *by_model, stdin=f'"a"\n{long}\n'), "line 2")
    (cut,) = tokenize(long, arguments=[*by_model, "--truncate", "--markers"])
    assert len(cut) == info["context_length"] and cut[-1] == info["vocabulary_size"] - 1
    assert_error(run("tokenize", *by_model, stdin='"a\\u0000b"\n'), "line 1", "U+0000")

    lonely = shutil.copy(MODEL, tmp_path / "model.safetensors")
    assert_error(run("tokenize", "--model", lonely, stdin='"a"\n'))
    assert tokenize('"run"', arguments=["--model", lonely, "--tokenizer", MERGES]) == tokenize('"run"')


def test_merge_lists_that_are_none(tmp_path):
    assert_error(run("tokenize", "--tokenizer", tmp_path / "none.txt", stdin=""), "none.txt")
    assert_error(run("tokenize", "--tokenizer", MODEL, stdin=""))


def test_it_answers_each_line_at_once():
    process = subprocess.Popen(
        [COMMAND, "tokenize", "--tokenizer", MERGES], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    for text in [b'"run"', b'"jump"', b'"stand still"']:
        os.write(process.stdin.fileno(), text + b"\n")
        ready, _, _ = select.select([process.stdout], [], [], 10)
        assert ready, "no answer while the pipe is open"
        assert json.loads(os.read(process.stdout.fileno(), 4096))
    process.stdin.close()
    assert process.wait(timeout=10) == 0


def test_ten_thousand_lines_are_quick():
    source = "".join(json.dumps(f"a person is doing action number {n}") + "\n" for n in range(10_000))
    start = time.monotonic()
    process = run("tokenize", "--tokenizer", MERGES, stdin=source)
    assert time.monotonic() - start < 10  # about a second; a busy machine gets some room
    assert len(process.stdout.splitlines()) == 10_000


def test_a_reader_that_leaves_early():
    source = b'"a person is running"\n' * 100_000
    process = subprocess.Popen(
        f"'{COMMAND}' tokenize --tokenizer '{MERGES}' | head -n 2", shell=True,
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    output, said = process.communicate(source, timeout=60)
    assert output.count(b"\n") == 2
    assert said == b""
