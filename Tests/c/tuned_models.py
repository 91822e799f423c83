"""Writes models that the tests of tuners train: tuned_models.py FOLDER. They have random numbers, a few blocks, 16
patches of a 64 x 64 image, 4 frames and a merge list of their own; `joint` has one sequence a video, and MeanP."""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "faults"))
import fixtures  # noqa: E402

WIDTHS = {"visual.transformer": 256, "transformer": 128}
BLOCKS, EMBEDDING, CONTEXT, PATCH, PATCHES, FRAMES = 3, 64, 16, 16, 16, 4


def shapes(joint):
    image, text = WIDTHS.values()
    tensors = {
        "visual.class_embedding": [image], "visual.positional_embedding": [PATCHES + 1, image],
        "visual.proj": [image, EMBEDDING], "visual.conv1.weight": [image, 3, PATCH, PATCH],
        "token_embedding.weight": [fixtures.TOKENS, text], "positional_embedding": [CONTEXT, text],
        "text_projection": [text, EMBEDDING], "logit_scale": [],
    }
    for norm, width in (("visual.ln_pre", image), ("visual.ln_post", image), ("ln_final", text)):
        tensors[norm + ".weight"] = tensors[norm + ".bias"] = [width]
    for encoder, width in WIDTHS.items():
        for block in range(BLOCKS):
            prefix = f"{encoder}.resblocks.{block}."
            for name, outputs, inputs in (("attn.in_proj_", 3 * width, width), ("attn.out_proj.", width, width),
                                          ("mlp.c_fc.", 4 * width, width), ("mlp.c_proj.", width, 4 * width)):
                tensors[prefix + name + "weight"] = [outputs, inputs]
                tensors[prefix + name + "bias"] = [outputs]
            for norm in ("ln_1.", "ln_2."):
                tensors[prefix + norm + "weight"] = tensors[prefix + norm + "bias"] = [width]
    if joint:
        tensors["visual.time_embedding"] = [FRAMES, image]
    return tensors


def main():
    merges = "#version: tiny\n" + "\n".join(fixtures.MERGES) + "\n"
    for name in ("plain", "joint"):
        facts = fixtures.metadata(merges=merges, joint="on" if name == "joint" else "off", head="MeanP", frames=str(FRAMES))
        if name == "plain":
            del facts["actionclip.temporal_shift"]  # the test chooses
        with open(os.path.join(sys.argv[1], f"tuned-{name}.safetensors"), "wb") as file:
            file.write(fixtures.safetensors(shapes(name == "joint"), "F16", 21, facts))


if __name__ == "__main__":
    main()
