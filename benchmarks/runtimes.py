"""The runtimes, alike for a worker: an encoder is a function from an array to embeddings, one a row.

Each imports what it needs in __init__, which is not timed, and opens its own files in `image` and `text`, which a
load is timed by.
"""

import time

import numpy as np
import video_file
from workload import CONTEXT, FRAMES, SIDE


class Actionclip:
    name = "libactionclip"

    def __init__(self, precision, threads, folder):
        import actionclip

        actionclip.version()  # loads the library, as the imports of the others do
        self.actionclip, self.precision, self.threads, self.folder = actionclip, precision, threads, folder

    @property
    def versions(self):
        """The library's version, and the instruction set that it multiplies with in this precision."""
        with self.actionclip.Model(compute=self.precision, threads=1) as model:
            instructions = model.info.product_instructions
        return {"libactionclip": self.actionclip.version(), f"{self.precision} products in": instructions}

    def model(self, patch, frames):
        path = self.folder / f"b{patch}.safetensors"
        return self.actionclip.Model(path, frames=frames, threads=self.threads, compute=self.precision)

    def image(self, patch, frames):
        model = self.model(patch, frames)
        return lambda pixels: model.encode_pixels(pixels, return_frames=True)[1].reshape(frames, -1)

    def text(self, length, rows):
        return self.model(16, FRAMES).encode_tokens

    def score(self, labels):
        path = self.folder / "x-clip.safetensors"
        model = self.actionclip.Model(path, threads=self.threads, compute=self.precision)
        scale = model.info.logit_scale
        return lambda pixels: model.similarity(model.encode_pixels(pixels), labels, scale)

    def video(self):
        model = self.model(16, FRAMES)

        def encode(path):
            with self.actionclip.Video(path, threads=self.threads) as video:
                return model.encode_video(video)[np.newaxis]

        return encode

    def both(self, frames, prompts):
        """One model is both encoders. From a file it saved, where it can store this precision."""
        own = self.folder / f"actionclip-b16-{self.precision}.safetensors"
        path = own if own.exists() else self.folder / "b16.safetensors"
        model = self.actionclip.Model(path, frames=1, threads=self.threads, compute=self.precision)
        return model.encode_pixels, model.encode_tokens


class Peer:
    #: Rows of a call; where prompts are short, the faster of these.
    batches = (100, 400)

    def __init__(self, precision, threads, folder):
        self.precision, self.threads, self.folder = precision, threads, folder

    def text(self, length, rows):
        def encode(batch):
            encoder = self.text_encoder(length, batch)
            return lambda tokens: np.concatenate(
                [encoder(tokens[i : i + batch, :length]) for i in range(0, len(tokens), batch)])  # fmt: skip

        if length == CONTEXT:
            return encode(self.batches[0])
        return min((encode(batch) for batch in self.batches), key=lambda encoder: _fastest(encoder, rows))

    def video(self):
        encoder = self.image(16, FRAMES)
        return lambda path: encoder(video_file.pixels(path, self.threads)).mean(0, keepdims=True)

    def both(self, frames, prompts):
        image = self.image(16, frames)
        batch = min(prompts, self.batches[0])
        text = self.text_encoder(CONTEXT, batch)
        return image, lambda tokens: [text(tokens[i : i + batch]) for i in range(0, len(tokens), batch)]


def _fastest(encoder, rows):
    times = []
    for _ in range(3):
        start = time.perf_counter()
        encoder(rows)
        times.append(time.perf_counter() - start)
    return min(times)


class Torch(Peer):
    name = "torch"

    def __init__(self, precision, threads, folder):
        super().__init__(precision, threads, folder)
        import safetensors.torch
        import torch
        from clip_in_torch import CLIP
        from x_clip_in_torch import XCLIP

        torch.set_num_threads(threads)
        torch.set_grad_enabled(False)
        self.torch, self.load_file, self.CLIP, self.XCLIP = torch, safetensors.torch.load_file, CLIP, XCLIP
        self.type = {"fp32": torch.float32, "bf16": torch.bfloat16}[precision]
        self.models = {}
        self.versions = {"torch": torch.__version__}

    def model(self, name, make):
        if name not in self.models:
            with self.torch.device("meta"):
                model = make().eval()
            suffix = "" if self.precision == "fp32" else "-bf16"
            model.load_state_dict(self.load_file(self.folder / f"{name}{suffix}.safetensors"), assign=True)
            self.models = {name: model}
        return self.models[name]

    def image(self, patch, frames):
        visual = self.model(f"b{patch}", lambda: self.CLIP(patch)).visual

        def encode(pixels):
            with self.torch.inference_mode():
                return visual(self.torch.from_numpy(pixels).to(self.type)).float().numpy()

        return encode

    def text_encoder(self, length, batch):
        model = self.model("b16", lambda: self.CLIP(16))

        def encode(tokens):
            with self.torch.inference_mode():
                return model.encode_text(self.torch.from_numpy(tokens)).float().numpy()

        return encode

    def score(self, labels):
        model = self.model("x-clip", self.XCLIP)
        texts = self.torch.from_numpy(labels).to(self.type)

        def score(pixels):
            with self.torch.inference_mode():
                return model.score(self.torch.from_numpy(pixels).to(self.type), texts).float().numpy()

        return score


class OnnxRuntime(Peer):
    name = "onnxruntime"

    def __init__(self, precision, threads, folder):
        super().__init__(precision, threads, folder)
        import onnxruntime

        self.onnxruntime = onnxruntime
        self.suffix = {"fp32": "", "int8": "-int8"}[precision]
        self.versions = {"onnxruntime": onnxruntime.__version__}

    def encoder(self, name):
        options = self.onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = self.threads, 1
        path = str(self.folder / f"{name}{self.suffix}.onnx")
        session = self.onnxruntime.InferenceSession(path, options, providers=["CPUExecutionProvider"])
        return lambda x, **more: session.run(None, {"x": x, **more})[0]

    def score(self, labels):
        session = self.encoder("x-clip")
        return lambda pixels: session(pixels, labels=labels)

    def image(self, patch, frames):
        return self.encoder(f"b{patch}-image")

    def text_encoder(self, length, batch):
        return self.encoder(f"b16-text{length}")


class OpenVINO(Peer):
    name = "openvino"

    def __init__(self, precision, threads, folder):
        super().__init__(precision, threads, folder)
        import openvino

        self.core = openvino.Core()
        self.core.get_property("CPU", "FULL_DEVICE_NAME")  # loads the plug-in
        self.versions = {"openvino": openvino.__version__.partition("-")[0]}

    def encoder(self, name, shape=None):
        """For one shape, the file's own without one: a batch that may vary was no faster."""
        path = self.folder / f"{name}{'-int8' if self.precision == 'int8' else ''}.xml"
        model = self.core.read_model(path)
        if shape is not None:
            model.reshape(shape)
        settings = {"INFERENCE_NUM_THREADS": self.threads, "PERFORMANCE_HINT": "LATENCY"}
        # Layers that int8 leaves in floating point are fp32 or bf16 by the runtime's own choice.
        if self.precision != "int8":
            settings["INFERENCE_PRECISION_HINT"] = {"fp32": "f32", "bf16": "bf16"}[self.precision]
        request = self.core.compile_model(model, "CPU", settings).create_infer_request()
        return lambda *given: request.infer([np.ascontiguousarray(x) for x in given])[0].copy()

    def image(self, patch, frames):
        return self.encoder(f"b{patch}-image", [frames, 3, SIDE, SIDE])

    def text_encoder(self, length, batch):
        return self.encoder(f"b16-text{length}", [batch, length])

    def score(self, labels):
        encoder = self.encoder("x-clip")
        return lambda pixels: encoder(pixels, labels)


#: Who computes in what. Ours comes first; the rest are its peers.
RUNTIMES = {
    "fp32": (Actionclip, Torch, OnnxRuntime, OpenVINO),
    "bf16": (Actionclip, Torch, OpenVINO),
    "int8": (Actionclip, OnnxRuntime, OpenVINO),
}
