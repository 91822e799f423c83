"""One side of the benchmark of training, in a process of its own: commands in, a JSON object a line out.

    python3 worker.py SIDE ROW PRECISION THREADS MIB FOLDER       SIDE: libactionclip, "libactionclip, bf16 model",
                                                                  PyTorch or "PyTorch, cached"
    python3 worker.py prepare FOLDER                              makes the weights

warm: the first step, which fills caches, and the peak of memory. step: seconds of the next one. memory: the peak so far.
"""

import ctypes
import json
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
FRAMES, SIDE = 8, 224
#: Clips a step, of as many clips.
BATCH = {"head": 32, "block": 8, "blocks": 8, "everything": 8}
BLOCKS = {"block": 1, "blocks": 3}


def pixels(clips):
    import numpy as np

    return np.random.default_rng(1).integers(0, 256, (clips, FRAMES, SIDE, SIDE, 3), dtype=np.uint8)


def memory(name):
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith(name)) / 1024


class Ours:
    """The C interface, by the declarations of the Python package."""

    def __init__(self, row, precision, threads, limit, folder, loads_bf16=False):
        sys.path.insert(0, str(ROOT / "bindings" / "python"))
        import actionclip
        from actionclip import _abi

        self.abi, self.before = _abi, memory("VmRSS")
        self.library = ctypes.CDLL(os.environ.get("ACTIONCLIP_LIBRARY", str(ROOT / "build/lib/libactionclip.so")))
        for name, arguments, result in _abi.FUNCTIONS:
            function = getattr(self.library, name)
            function.argtypes, function.restype = arguments, result
        model = ctypes.c_void_p()
        model_options = _abi.ModelOptions()
        self.library.actionclip_model_options_init_sized(model_options, ctypes.sizeof(model_options))
        model_options.threads, model_options.frames = threads, FRAMES
        if loads_bf16:
            model_options.compute_type = _abi.CONSTANTS["COMPUTE_BF16"]
        model_options.tokenizer_path = str(folder / "merges.txt").encode()
        self.check(self.library.actionclip_model_load(str(folder / "b16.safetensors").encode(), model_options, model))
        options = _abi.TunerOptions()
        self.library.actionclip_tuner_options_init_sized(options, ctypes.sizeof(options))
        constants = _abi.CONSTANTS
        options.batch, options.epochs = BATCH[row], 1000
        options.new_head, options.frames = constants["HEAD_TRANSF"], FRAMES
        if row == "everything":
            options.vision = options.text = constants["TRAIN_EVERYTHING"]
        elif row in BLOCKS:
            options.vision, options.vision_blocks = constants["TRAIN_BLOCKS"], BLOCKS[row]
        options.compute_type = constants["COMPUTE_BF16" if precision == "bf16" else "COMPUTE_FP32"]
        # More than the limit where training does not fit: the share of memory then says by how much.
        left = max((limit << 20) - self.model_bytes(model), 64 << 20)
        options.max_memory = left if limit else 0
        while not self.prepare(model, row, options):
            options.max_memory += 32 << 20

    def prepare(self, model, row, options):
        """Makes the tuner with its clips; False: it takes more memory than it may."""
        labels = [f"action {index}".encode() for index in range(BATCH[row])]
        names = (ctypes.c_char_p * len(labels))(*labels)
        template = (ctypes.c_char_p * 1)(b"this is {}")
        self.tuner = ctypes.c_void_p()
        self.check(self.library.actionclip_tuner_create(model, names, len(labels), template, 1, options, self.tuner))
        constants = self.abi.CONSTANTS
        for index, clip in enumerate(pixels(len(labels))):
            images = (self.abi.Image * FRAMES)()
            for image, frame in zip(images, clip):
                image.width = image.height = SIDE
                image.data = frame.ctypes.data_as(ctypes.POINTER(ctypes.c_uint8))
                image.row_stride, image.pixel_format = 3 * SIDE, constants["PIXEL_RGB"]
            label = (ctypes.c_int32 * 1)(index)
            status = self.library.actionclip_tuner_add_frames(self.tuner, label, 1, images, FRAMES, None, 0)
            if status == constants["ERROR_OUT_OF_MEMORY"]:
                break
            self.check(status)
        else:
            info = self.abi.TunerInfo()
            info.struct_size = ctypes.sizeof(info)
            status = self.library.actionclip_tuner_get_info(self.tuner, info)
            if status != constants["ERROR_OUT_OF_MEMORY"]:
                self.check(status)
                return True
        self.library.actionclip_tuner_free(self.tuner)
        return False

    def model_bytes(self, model):
        info = self.abi.ModelInfo()
        info.struct_size = ctypes.sizeof(info)
        self.check(self.library.actionclip_model_get_info(model, info))
        return info.weight_bytes

    def check(self, status):
        if status != 0:
            self.library.actionclip_last_error.restype = ctypes.c_char_p
            raise SystemExit(f"{status}: {self.library.actionclip_last_error().decode()}")

    def step(self):
        self.check(self.library.actionclip_tuner_step(self.tuner, None))


class Torch:
    """This project's trainer. With `cached` its encoders begin at what no training changes, which is computed once."""

    def __init__(self, row, precision, threads, limit, folder, cached=False):
        sys.path.insert(0, str(ROOT / "trainer"))
        import torch
        from actionclip_trainer.model import ActionCLIP, Options, Sizes
        from actionclip_trainer.recipe import recipe
        from actionclip_trainer.step import Batch, computing, normalised
        from actionclip_trainer.training import Training
        from safetensors.torch import load_file

        torch.set_num_threads(threads)
        self.before = memory("VmRSS")
        torch.manual_seed(0)
        count = BATCH[row]
        model = ActionCLIP(Sizes(), Options(FRAMES, "Transf"))
        model.load(load_file(folder / "b16.safetensors"), {})
        trained = {"head": ("none", "none"), "everything": ("all", "all")}.get(row, (BLOCKS.get(row), "none"))
        settings = recipe("anchored", {"batch": count, "precision": precision, "epochs": 1000, "anchor": 0.0,
                                       "train_vision": trained[0], "train_text": trained[1]})  # fmt: skip
        # The trainer takes PyTorch's fused AdamW on GPUs alone, and it is several times faster here, too.
        plain = torch.optim.AdamW
        torch.optim.AdamW = lambda groups, **given: plain(groups, **{**given, "fused": True})
        self.training = Training(model, settings, 1, {})
        tokens = torch.randint(1, 49405, (count, 8))
        tokens[:, -1] = 49407
        clips = torch.from_numpy(pixels(count)).permute(0, 1, 4, 2, 3).contiguous()
        matches = torch.eye(count, dtype=torch.bool)
        self.batch = Batch(clips, tokens, matches)
        if not cached:
            return
        visual, lowest = model.clip.visual, 12 - BLOCKS.get(row, 0)
        blocks = visual.transformer.resblocks
        rest = blocks[lowest:]
        kept = []

        def stop(_, given):
            kept.append(given[0].float())
            raise StopIteration

        with torch.no_grad(), computing(torch.device("cpu"), precision):
            hook = rest[0].register_forward_pre_hook(stop) if row != "head" else None
            for clip in clips:
                try:
                    kept.append(visual(normalised(clip, model.options)).float())
                except StopIteration:
                    pass
            if hook:
                hook.remove()
            texts = model.encode_text(tokens).float()
        frames = torch.stack(kept)
        if row == "head":
            self.training.encode_frames = lambda x: (model.head(x),)
        else:
            def encode(x):
                y = rest(x.flatten(0, 1))
                y = visual.ln_post(y[:, 0]) @ visual.proj
                return (model.head(y.float().view(len(x), FRAMES, -1)),)

            self.training.encode_frames = encode
        model.encode_text = lambda rows: rows
        self.batch = Batch(frames, texts, matches)

    def step(self):
        self.training.train(self.batch)


def prepare(folder):
    sys.path.insert(0, str(ROOT / "benchmarks"))
    path = folder / "b16.safetensors"
    if not path.exists():
        import prepare

        prepare.made(path, lambda part: prepare.weights(part, 16))
    # Any merges do: as many as the vocabulary has, of two letters each.
    letters = [chr(code) for code in (*range(33, 127), *range(161, 173), *range(174, 256))]
    pairs = [f"{a} {b}{end}" for end in ("", "</w>") for a in letters for b in letters]
    (folder / "merges.txt").write_text("\n".join(["#version: 0.2", *pairs[:48894]]) + "\n", encoding="utf-8")


def main():
    if sys.argv[1] == "prepare":
        return prepare(Path(sys.argv[2]))
    side, row, precision, threads, limit, folder = sys.argv[1:]
    given = (row, precision, int(threads), int(limit), Path(folder))
    if side.startswith("libactionclip"):
        worker = Ours(*given, loads_bf16=side.endswith("bf16 model"))
    else:
        worker = Torch(*given, cached=side.endswith("cached"))
    with open("/proc/self/clear_refs", "w") as file:
        file.write("5")  # the peak so far is that of loading
    print(json.dumps({"ready": True}), flush=True)
    for command in sys.stdin:
        begin, used = time.perf_counter(), time.process_time()
        if command.strip() != "memory":
            worker.step()
        seconds, used = time.perf_counter() - begin, time.process_time() - used
        print(json.dumps({"s": seconds, "cpu": used, "mib": memory("VmHWM") - worker.before}), flush=True)


main()
