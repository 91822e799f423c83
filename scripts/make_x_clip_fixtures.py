"""Makes Tests/fixtures/x_clip: the smallest X-CLIPs with random weights in half precision, one as transformers saves it
and one as the published code does, and what these compute from them in single precision: `pixels`, `tokens` and, by the
names of Tests/python/x_clip.py, every number between them and the logits. Run: python3 scripts/make_x_clip_fixtures.py
(needs torch, transformers, safetensors)."""

import pathlib
import sys

import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "Tests" / "python"))
import x_clip  # noqa: E402

FOLDER = ROOT / "Tests" / "fixtures" / "x_clip"
SMALL = dict(image=8, patch=4, context=8, vocabulary=40, text_layers=1)
#: Heads of three widths, none of which the sizes tell.
HUGGING_FACE = x_clip.Sizes(
    **SMALL, width=32, embedding=32, text_width=32, head_width=16, mit_heads=4, prompt_heads=2, hidden=1)  # fmt: skip
#: 64 numbers in a head, as the published code has it.
PUBLISHED = x_clip.Sizes(**SMALL, width=64, layers=1, prompt_layers=1, hidden=0.25)


def main():
    from safetensors.numpy import save_file

    FOLDER.mkdir(parents=True, exist_ok=True)
    expected = {}

    def expect(form, sizes, compute):
        pixels, tokens = sizes.pixels(), sizes.tokens()
        numbers = {"pixels": pixels, "tokens": tokens, **compute(pixels, tokens)}
        expected.update({f"{form}.{name}": np.ascontiguousarray(value) for name, value in numbers.items()})

    module = x_clip.hugging_face(HUGGING_FACE).half()
    x_clip.save(module, FOLDER / "hugging_face")
    expect("hugging_face", HUGGING_FACE, lambda *given: x_clip.computed(module.float(), *given))

    state = x_clip.published_names(x_clip.hugging_face(PUBLISHED).half().state_dict())
    for name, value in state.items():  # prompts as narrow as the rest; in transformers their width is fixed
        if ".mlp.0." in name or name.endswith(".mlp.3.weight"):
            state[name] = (value[:, :16] if ".mlp.3." in name else value[:16]).clone()
    x_clip.save_published(state, FOLDER / "published.pth", PUBLISHED)
    single = {name: value.float() for name, value in state.items()}
    expect("published", PUBLISHED, lambda *given: x_clip.published(single, *given))
    save_file(expected, FOLDER / "expected.safetensors")


if __name__ == "__main__":
    main()
