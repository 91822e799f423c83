"""CLIPA on the command line: rows of tokens, and one file of it."""

import json

from actionclip_command import ROOT, json_lines, run

FOLDER = ROOT / "Tests/fixtures/clipa/model"


def test_convert_makes_one_file(tmp_path):
    path = tmp_path / "clipa.safetensors"
    process = run("convert", FOLDER, path, "--storage", "int8", "--verify")
    assert process.returncode == 0, process.stderr
    info = json.loads(run("info", path, "--json").stdout)
    assert info["compute_type"] == "int8" and info["resize"] == "square-bilinear" and info["context_length"] == 12
    text = json.dumps("Dance in the SNOW!") + "\n"
    (row,) = json_lines(run("tokenize", "--model", FOLDER, stdin=text))
    (own,) = json_lines(run("tokenize", "--model", path, stdin=text))
    (ids,) = json_lines(run("tokenize", "--tokenizer", FOLDER / "tokenizer.json", stdin=text))
    assert row == own == [2, *ids, *[0] * (11 - len(ids))], "padding is seen by the model too"
