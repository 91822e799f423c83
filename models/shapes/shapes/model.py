"""ActionCLIP to be trained: modules named so that their state dicts are the reference's checkpoint.

The numbers are those of scripts/reference.py, quirks included; Tests/shapes holds the two together.
"""
from collections import OrderedDict
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn

# option: (joint tokens, temporal shift: "" none, "both" sides or "causal", head)
OPTIONS = {
    "MeanP": (False, "", "meanP"), "Conv_1D": (False, "", "Conv_1D"), "LSTM": (False, "", "LSTM"),
    "Transf": (False, "", "Transf"), "Transf_cls": (False, "", "Transf_cls"),
    "shift": (False, "both", "meanP"), "shift+Transf": (False, "both", "Transf"), "joint": (True, "", "meanP"),
    "causal": (False, "causal", "meanP"), "causal+Transf": (False, "causal", "Transf"),
}


@dataclass(frozen=True)
class Sizes:
    side: int = 64
    patch: int = 16
    width: int = 128       # vision; heads are width / 64
    layers: int = 4
    text_width: int = 128
    text_layers: int = 3
    embed: int = 128
    context: int = 48
    vocabulary: int = 1024
    frames: int = 8
    position_std = 0.2     # not a size: how the vision tower's positions start

    def dictionary(self):
        return asdict(self)


class QuickGELU(nn.Module):
    def forward(self, x):
        return x * torch.sigmoid(1.702 * x)


class Attention(nn.Module):
    def __init__(self, width, heads):
        super().__init__()
        self.in_proj_weight = nn.Parameter(torch.empty(3 * width, width))
        self.in_proj_bias = nn.Parameter(torch.zeros(3 * width))
        self.out_proj = nn.Linear(width, width)
        self.heads = heads

    def forward(self, x, causal):
        n, l, d = x.shape
        qkv = F.linear(x, self.in_proj_weight, self.in_proj_bias)
        q, k, v = qkv.view(n, l, 3, self.heads, d // self.heads).permute(2, 0, 3, 1, 4)
        # Written out: for rows this short the CPU's fused attention takes twice as long backwards.
        scores = (q * (d // self.heads) ** -0.5) @ k.transpose(-1, -2)
        if causal:
            scores = scores + torch.full((l, l), -torch.inf, dtype=scores.dtype, device=x.device).triu(1)
        y = scores.softmax(-1).to(v.dtype) @ v
        return self.out_proj(y.transpose(1, 2).reshape(n, l, d))


class Block(nn.Module):
    def __init__(self, width, heads, causal=False, eps=1e-5):
        super().__init__()
        self.attn = Attention(width, heads)
        self.ln_1 = nn.LayerNorm(width, eps)
        self.mlp = nn.Sequential(OrderedDict(c_fc=nn.Linear(width, 4 * width), gelu=QuickGELU(),
                                             c_proj=nn.Linear(4 * width, width)))
        self.ln_2 = nn.LayerNorm(width, eps)
        self.causal = causal

    def forward(self, x):
        x = x + self.attn(self.ln_1(x), self.causal)
        return x + self.mlp(self.ln_2(x))


class Shift(nn.Module):
    """A block after the temporal shift of its input: an eighth of the patches' channels from the next frame,
    an eighth from the one before. Causal: only the latter, and the first eighth stays the frame's own."""

    def __init__(self, net, frames, causal):
        super().__init__()
        self.net, self.frames, self.causal = net, frames, causal

    def forward(self, x):
        bt, n, w = x.shape
        fold = w // 8
        p = x[:, 1:].reshape(bt // self.frames, self.frames, n - 1, w)
        later = p[..., :fold] if self.causal else F.pad(p[:, 1:, :, :fold], (0, 0, 0, 0, 0, 1))
        earlier = F.pad(p[:, :-1, :, fold : 2 * fold], (0, 0, 0, 0, 1, 0))
        p = torch.cat([later, earlier, p[..., 2 * fold :]], -1).reshape(bt, n - 1, w)
        return self.net(torch.cat([x[:, :1], p], 1))


class Blocks(nn.Module):
    def __init__(self, blocks):
        super().__init__()
        self.resblocks = nn.Sequential(*blocks)

    def forward(self, x):
        return self.resblocks(x)


class VisionTransformer(nn.Module):
    def __init__(self, s, joint, shift):
        super().__init__()
        w, g = s.width, s.side // s.patch
        self.conv1 = nn.Conv2d(3, w, s.patch, s.patch, bias=False)
        self.class_embedding = nn.Parameter(torch.randn(w) * w**-0.5)
        # Larger than CLIP's start, nearer to the patches' own spread (0.4): places are to be told apart soon.
        self.positional_embedding = nn.Parameter(torch.randn(g * g + 1, w) * s.position_std)
        if joint:
            self.time_embedding = nn.Parameter(torch.randn(s.frames, w) * w**-0.5)
        self.ln_pre, self.ln_post = nn.LayerNorm(w), nn.LayerNorm(w)
        blocks = [Block(w, w // 64) for _ in range(s.layers)]
        self.transformer = Blocks([Shift(b, s.frames, shift == "causal") for b in blocks] if shift else blocks)
        self.proj = nn.Parameter(torch.randn(w, s.embed) * w**-0.5)
        self.joint, self.frames, self.patch = joint, s.frames, s.patch

    def forward(self, pixels):
        """[B*T, 3, S, S] -> [B*T, E], or [B, E] when joint."""
        n, _, side, _ = pixels.shape
        g, p = side // self.patch, self.patch
        cut = pixels.view(n, 3, g, p, g, p).permute(0, 2, 4, 1, 3, 5).reshape(n, g * g, -1)
        x = F.linear(cut, self.conv1.weight.flatten(1))
        x = torch.cat([self.class_embedding.expand(n, 1, -1), x], 1) + self.positional_embedding
        if self.joint:
            t = self.frames
            timed = x[:, 1:].reshape(n // t, t, g * g, -1) + self.time_embedding[:, None]
            x = torch.cat([x[::t, :1], timed.transpose(1, 2).reshape(n // t, g * g * t, -1)], 1)
        x = self.transformer(self.ln_pre(x))
        return self.ln_post(x[:, 0]) @ self.proj


class CLIP(nn.Module):
    def __init__(self, s, joint=False, shift=""):
        super().__init__()
        self.visual = VisionTransformer(s, joint, shift)
        self.transformer = Blocks([Block(s.text_width, s.text_width // 64, True) for _ in range(s.text_layers)])
        self.token_embedding = nn.Embedding(s.vocabulary, s.text_width)
        self.positional_embedding = nn.Parameter(torch.randn(s.context, s.text_width) * 0.01)
        self.ln_final = nn.LayerNorm(s.text_width)
        self.text_projection = nn.Parameter(torch.randn(s.text_width, s.embed) * s.text_width**-0.5)
        self.logit_scale = nn.Parameter(torch.tensor(1 / 0.07).log())
        nn.init.normal_(self.token_embedding.weight, std=0.02)
        for tower, layers in ((self.visual.transformer, s.layers), (self.transformer, s.text_layers)):
            start_blocks(tower, layers)

    def encode_text(self, tokens):
        """[N, L] -> [N, E]; the largest id is the end of the text."""
        x = self.token_embedding(tokens) + self.positional_embedding[: tokens.shape[1]]
        x = self.ln_final(self.transformer(x))
        return x[torch.arange(len(x), device=x.device), tokens.argmax(-1)] @ self.text_projection


def start_blocks(blocks, layers):
    """CLIP's own initialisation."""
    for m in blocks.modules():
        if isinstance(m, Block):
            w = m.ln_1.weight.shape[0]
            nn.init.normal_(m.attn.in_proj_weight, std=w**-0.5)
            nn.init.normal_(m.attn.out_proj.weight, std=w**-0.5 * (2 * layers) ** -0.5)
            nn.init.normal_(m.mlp.c_fc.weight, std=(2 * w) ** -0.5)
            nn.init.normal_(m.mlp.c_proj.weight, std=w**-0.5 * (2 * layers) ** -0.5)
            for bias in (m.attn.out_proj.bias, m.mlp.c_fc.bias, m.mlp.c_proj.bias):
                nn.init.zeros_(bias)


class ClassTransformer(nn.Module):
    def __init__(self, embed, frames):
        super().__init__()
        self.cls_token = nn.Parameter(torch.randn(1, 1, embed) * 0.02)
        self.pos_embed = nn.Parameter(torch.randn(1, frames + 1, embed) * 0.02)
        layer = nn.TransformerEncoderLayer(embed, 8, 2048, dropout=0.0, batch_first=True)
        self.transformer_enc = nn.TransformerEncoder(layer, 6, nn.LayerNorm(embed), enable_nested_tensor=False)

    def forward(self, x):
        x = torch.cat([self.cls_token.expand(len(x), 1, -1), x], 1) + self.pos_embed
        return self.transformer_enc(x)[:, 0]


class Head(nn.Module):
    """The post-network prompt: frame embeddings [B, T, E] to a video embedding [B, E]."""

    def __init__(self, s, kind):
        super().__init__()
        self.kind, e = kind, s.embed
        if kind != "meanP":
            self.frame_position_embeddings = nn.Embedding(s.context, e)
            nn.init.normal_(self.frame_position_embeddings.weight, std=0.02)
        if kind == "Conv_1D":
            self.shift = nn.Conv1d(e, e, 3, padding=1, groups=e, bias=False)
            nn.init.zeros_(self.shift.weight)  # as the reference starts: an eighth looks each way, the rest stays
            with torch.no_grad():
                self.shift.weight[: e // 8, 0, 2] = self.shift.weight[e // 8 : e // 4, 0, 0] = 1
                self.shift.weight[e // 4 :, 0, 1] = 1
        elif kind == "LSTM":
            self.lstm_visual = nn.LSTM(e, e, batch_first=True)
        elif kind == "Transf":
            self.transformer = Blocks([Block(e, s.text_width // 64, eps=1e-12) for _ in range(6)])
            start_blocks(self.transformer, 6)
        elif kind == "Transf_cls":
            self.transformer = ClassTransformer(e, s.frames)

    def forward(self, x):
        b, t, e = x.shape
        if self.kind == "meanP":
            return x.mean(1)
        if self.kind == "Conv_1D":  # quirk: the buffer is read as [E, T], not transposed
            return (self.shift(x.contiguous().view(b, e, t)).transpose(1, 2) + x).mean(1)
        if self.kind == "LSTM":
            return (self.lstm_visual(x)[0] + x).mean(1)
        if self.kind == "Transf":
            return (self.transformer(x + self.frame_position_embeddings.weight[:t]) + x).mean(1)
        return self.transformer(x)


class ActionCLIP(nn.Module):
    def __init__(self, sizes, option):
        super().__init__()
        joint, shift, head = OPTIONS[option]
        self.sizes, self.option = sizes, option
        self.clip, self.head = CLIP(sizes, joint, shift), Head(sizes, head)

    def encode_video(self, pixels):
        """[B, T, 3, S, S] -> [B, E]."""
        return self.encode_frames(pixels)[0]

    def encode_frames(self, pixels):
        """[B, T, 3, S, S] -> [B, E] and the frames' own [B, T, E] (joint: [B, 1, E])."""
        b, t = pixels.shape[:2]
        x = self.clip.visual(pixels.flatten(0, 1)).view(b, -1, self.sizes.embed)
        return (x[:, 0] if self.clip.visual.joint else self.head(x)), x

    def start_from(self, pretrained):
        """Takes over what the still pictures taught; what is new keeps its start."""
        own = self.clip.state_dict()
        for name in own:
            plain = name.replace(".net.", ".")
            if plain in pretrained:
                own[name] = pretrained[plain]
        self.clip.load_state_dict(own)

    def checkpoint(self, epoch, half=False):
        """The reference's own form."""
        tensors = lambda m: OrderedDict(
            ("module." + k, (v.half() if half and v.dim() > 1 else v).detach().cpu().clone())
            for k, v in m.state_dict().items())
        return {"epoch": epoch, "model_state_dict": tensors(self.clip),
                "fusion_model_state_dict": tensors(self.head)}

    def load_checkpoint(self, saved):
        plain = lambda d: {k.removeprefix("module."): v.float() for k, v in d.items()}
        self.clip.load_state_dict(plain(saved["model_state_dict"]))
        self.head.load_state_dict(plain(saved["fusion_model_state_dict"]))


MEAN = (0.48145466, 0.4578275, 0.40821073)
STD = (0.26862954, 0.26130258, 0.27577711)


def normalise(pixels):
    """uint8 [..., S, S, 3] -> float [..., 3, S, S], as CLIP wants them."""
    x = (pixels.float() / 255 - pixels.new_tensor(MEAN, dtype=torch.float32)) / \
        pixels.new_tensor(STD, dtype=torch.float32)
    return x.movedim(-1, -3).contiguous()


def matching_loss(images, texts, scale, matches):
    """The paper's: KL divergence between similarities and ground truth in both directions, where a video may
    have several right texts and a text several videos. matches [N, M] bool."""
    logits = scale * F.normalize(images, dim=-1) @ F.normalize(texts, dim=-1).T
    loss = 0
    for l, m in ((logits, matches), (logits.T, matches.T)):
        some = m.any(1)  # texts that none of these videos shows stay candidates only
        target = m[some] / m[some].sum(1, keepdim=True)
        loss = loss + F.kl_div(l[some].log_softmax(-1), target, reduction="batchmean") / 2
    return loss, logits
