"""Makes, once, what the runtimes read: random weights, each runtime's own files, a video, and the reference.

    python3 benchmarks/prepare.py FOLDER

A process of its own, so that what it needs is in nobody's memory when things are measured.
"""

import contextlib
import json
import os
import sys
import warnings
from pathlib import Path

import numpy as np
import video_file
import workload
from workload import CONTEXT, PROMPT_TOKENS, SIDE

PATCHES = (16, 32)
#: Encoders as files: (name, patch or None for text, positions).
ENCODERS = (("b16-image", 16, None), ("b32-image", 32, None), ("b16-text77", None, CONTEXT),
            ("b16-text10", None, PROMPT_TOKENS))  # fmt: skip
#: To quantise with: random, like everything here.
CALIBRATION = 32


def main():
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    warnings.filterwarnings("ignore")
    for patch in PATCHES:
        made(folder / f"b{patch}.safetensors", lambda path: weights(path, patch))
        made(folder / f"b{patch}-bf16.safetensors", lambda path: weights_bf16(path, folder / f"b{patch}.safetensors"))
    made(folder / "x-clip.safetensors", x_clip_weights)
    made(folder / "x-clip-bf16.safetensors", lambda path: weights_bf16(path, folder / "x-clip.safetensors"))
    own_forms(folder)
    for name, patch, positions in ENCODERS:
        made(folder / f"{name}.onnx", lambda path: onnx_file(path, folder, patch, positions))
        peers_forms(folder, name, lambda: encoder_batches(positions))
    made(folder / "x-clip.onnx", lambda path: x_clip_onnx(path, folder))
    peers_forms(folder, "x-clip", x_clip_batches)
    made(folder / "clip.mp4", lambda path: clip(path, folder))
    made(folder / "reference.npz", lambda path: reference(path, folder))
    made(folder / "x-clip-reference.npz", lambda path: x_clip_reference(path, folder))


def peers_forms(folder, name, batches):
    """Makes the other forms of NAME.onnx; `batches` gives input to quantise with."""
    made(folder / f"{name}-int8.onnx", lambda path: onnx_int8(path, folder / f"{name}.onnx"))
    made(folder / f"{name}.xml", lambda path: openvino_file(path, folder / f"{name}.onnx"))
    made(folder / f"{name}-int8.xml", lambda path: openvino_int8(path, folder / f"{name}.xml", batches()))


def made(path, make):
    """`path`, made under another name first so that a run cut short leaves no half of it."""
    if path.exists():
        return
    print(f"making {path.name}", file=sys.stderr, flush=True)
    part = path.with_name(f"part-{path.name}")
    make(part)
    if path.suffix == ".xml":  # an IR is two files
        os.replace(part.with_suffix(".bin"), path.with_suffix(".bin"))
    os.replace(part, path)


def weights(path, patch):
    import torch
    from clip_in_torch import CLIP
    from safetensors.torch import save_file

    torch.manual_seed(0)
    save_file({name: value.contiguous() for name, value in CLIP(patch).state_dict().items()}, path)


def x_clip_weights(path):
    import torch
    from safetensors.torch import save_file
    from x_clip_in_torch import XCLIP

    torch.manual_seed(0)
    save_file({name: value.contiguous() for name, value in XCLIP().state_dict().items()}, path)


def weights_bf16(path, source):
    import torch
    from safetensors.torch import load_file, save_file

    whole = load_file(source)
    save_file({name: value.to(torch.bfloat16) for name, value in whole.items()}, path)


def own_forms(folder):
    """The files that this library saves, anew when the library is newer; what it cannot store is left out."""
    import actionclip

    for precision in workload.PRECISIONS:
        path = folder / f"actionclip-b16-{precision}.safetensors"
        if path.exists() and path.stat().st_mtime < os.stat(actionclip.library_path()).st_mtime:
            path.unlink()
        with contextlib.suppress(actionclip.ArgumentError):
            made(path, lambda part: own_form(part, folder / "b16.safetensors", precision))


def own_form(part, source, precision):
    import actionclip

    with actionclip.Model(source, frames=1, compute=precision) as model:
        model.save(part, storage=precision)


def encoder(folder, patch, positions):
    """An encoder as a module of its own, and input of two rows for it."""
    import torch
    from clip_in_torch import CLIP, Text
    from safetensors.torch import load_file

    clip = CLIP(patch or 16).eval()
    clip.load_state_dict(load_file(folder / f"b{patch or 16}.safetensors"))
    if patch:
        return clip.visual, torch.zeros(2, 3, SIDE, SIDE)
    return Text(clip), torch.from_numpy(workload.inputs()["prompts"][:2, :positions])


def onnx_file(path, folder, patch, positions):
    import torch

    module, example = encoder(folder, patch, positions)
    torch.backends.mha.set_fastpath_enabled(False)  # it has no form in ONNX
    with torch.no_grad():
        torch.onnx.export(
            module, (example,), str(path), dynamo=False, opset_version=17, input_names=["x"], output_names=["y"],
            dynamic_axes={"x": {0: "n"}, "y": {0: "n"}},
        )  # fmt: skip
    torch.backends.mha.set_fastpath_enabled(True)


def x_clip(folder):
    from safetensors.torch import load_file
    from x_clip_in_torch import XCLIP

    model = XCLIP().eval()
    model.load_state_dict(load_file(folder / "x-clip.safetensors"))
    return model


def x_clip_onnx(path, folder):
    """Writes it for one shape: a video of 8 frames, 400 labels."""
    import torch
    from x_clip_in_torch import Score

    given = workload.inputs()
    torch.backends.mha.set_fastpath_enabled(False)
    with torch.no_grad():
        torch.onnx.export(
            Score(x_clip(folder)), tuple(torch.from_numpy(given[name]) for name in ("pixels", "labels")), str(path),
            dynamo=False, opset_version=17, input_names=["x", "labels"], output_names=["y"],
        )  # fmt: skip
    torch.backends.mha.set_fastpath_enabled(True)


def onnx_int8(path, source):
    from onnxruntime.quantization import QuantType, quantize_dynamic

    # Products alone: the patch embedding as an integer convolution is slower than in fp32.
    quantize_dynamic(source, path, op_types_to_quantize=["MatMul", "Gather"], weight_type=QuantType.QInt8)


def openvino_file(path, source):
    import openvino as ov

    ov.save_model(ov.convert_model(source), path, compress_to_fp16=False)


def encoder_batches(positions):
    rng = np.random.default_rng(1)
    if positions is None:
        return [rng.standard_normal((1, 3, SIDE, SIDE)).astype(np.float32) for _ in range(CALIBRATION)]
    batches = []
    for _ in range(CALIBRATION):
        rows = np.zeros((4, positions), np.int64)
        rows[:, 0], rows[:, PROMPT_TOKENS - 1] = workload.START, workload.END
        rows[:, 1 : PROMPT_TOKENS - 1] = rng.integers(300, 40000, (4, PROMPT_TOKENS - 2))
        batches.append(rows)
    return batches


def x_clip_batches():
    """Whole videos, an eighth as many."""
    rng = np.random.default_rng(1)
    shapes = (workload.FRAMES, 3, SIDE, SIDE), (workload.PROMPTS, workload.EMBEDDING)
    return [tuple(rng.standard_normal(shape).astype(np.float32) for shape in shapes)
            for _ in range(CALIBRATION // workload.FRAMES)]  # fmt: skip


def openvino_int8(path, source, batches):
    import nncf
    import openvino as ov

    quantised = nncf.quantize(
        ov.Core().read_model(source), nncf.Dataset(batches), subset_size=len(batches),
        model_type=nncf.ModelType.TRANSFORMER,
    )  # fmt: skip
    ov.save_model(quantised, path, compress_to_fp16=False)


def clip(path, folder):
    types = video_file.make(path)
    (folder / "clip.json").write_text(json.dumps({"frame types": types, "bytes": path.stat().st_size}))


def reference(path, folder):
    """Every embedding by PyTorch in fp32."""
    import torch
    from clip_in_torch import CLIP
    from safetensors.torch import load_file

    given = workload.inputs()
    out = {}
    with torch.inference_mode():
        for patch in PATCHES:
            model = CLIP(patch).eval()
            model.load_state_dict(load_file(folder / f"b{patch}.safetensors"))
            out[f"image{patch}"] = model.visual(torch.from_numpy(given["pixels"])).numpy()
            if patch == 16:
                frames = video_file.pixels(folder / "clip.mp4", threads=0)
                out["video"] = model.visual(torch.from_numpy(frames)).mean(0, keepdim=True).numpy()
                for task in workload.TASKS:
                    if task.kind == "text" and task.rows not in out:
                        # To the last end alone: the same embeddings, in less time.
                        rows = torch.from_numpy(workload.peer_rows(task, given[task.rows]))
                        used = int(rows.argmax(1).max()) + 1
                        out[task.rows] = model.encode_text(rows[:, :used]).numpy()
    np.savez(path, **out)


def x_clip_reference(path, folder):
    import torch

    given = workload.inputs()
    with torch.inference_mode():
        scores = x_clip(folder).score(*(torch.from_numpy(given[name]) for name in ("pixels", "labels")))
    np.savez(path, scores=scores.numpy())


if __name__ == "__main__":
    sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bindings" / "python"))
    main()
