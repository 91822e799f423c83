"""Makes the tuned CLIPs of Tests/fixtures/families: lora (a LoRA of hugging_face beside it, by PEFT) and
vifi_prompts.pth (ViFi-CLIP's learned prompts), with random weights, and what PyTorch computes from them. Run:
python3 scripts/make_tuned_fixtures.py (needs torch, transformers, open_clip, peft, safetensors)."""

import json

import make_family_weights as made  # sets the sizes
import numpy as np

families, FOLDER = made.families, made.FOLDER


def lora(torch, save_arrays):
    transformers, peft = families.maker_or_skip("transformers"), families.maker_or_skip("peft")
    module = transformers.CLIPModel.from_pretrained(FOLDER / "hugging_face", dtype=torch.float32)
    targets = ["q_proj", "v_proj", "out_proj", "fc1", "fc2", "visual_projection"]
    config = peft.LoraConfig(r=2, lora_alpha=3, target_modules=targets, modules_to_save=["text_projection"])
    model = peft.get_peft_model(module, config)
    random = torch.Generator().manual_seed(12)
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.requires_grad:
                parameter += 0.2 * torch.randn(parameter.shape, generator=random)
    folder = FOLDER / "lora"
    model.eval().save_pretrained(folder, save_embedding_layers=False)
    (folder / "README.md").unlink(missing_ok=True)
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text())
    settings["base_model_name_or_path"] = "hugging_face"
    path.write_text(json.dumps(settings, indent=2, sort_keys=True) + "\n")
    frames, texts = families.embeddings(model.merge_and_unload())
    save_arrays({"frames": frames, "texts": texts}, folder / "expected.safetensors")


def prompts(torch, save_arrays):
    import learned_prompts as plain

    sizes = made.open_clip_config()
    sizes["vision_cfg"]["layers"] = sizes["text_cfg"]["layers"] = 2
    module = families.maker_or_skip("open_clip").model.CLIP(**sizes, quick_gelu=True)
    module = made.halved(families.roughen(module))
    random, learned = torch.Generator().manual_seed(5), {}
    for name in ("image_encoder.VPT", "image_encoder.transformer.resblocks.1.VPT_shallow",
                 "text_encoder.transformer.resblocks.1.VPT_shallow", "prompt_learner.ctx"):  # fmt: skip
        learned[name] = (0.4 * torch.randn(2, 64, generator=random)).half().float()
    state = {"module." + name: value.half() for name, value in learned.items()}
    for name, value in made.half(module.state_dict()).items():
        place = "image_encoder." + name.removeprefix("visual.") if name.startswith("visual.") else "text_encoder." + name
        if name not in ("token_embedding.weight", "logit_scale"):
            state["module." + place] = value
    state["module.logit_scale"] = module.state_dict()["logit_scale"].half()
    torch.save({"model": state, "epoch": 9}, FOLDER / "vifi_prompts.pth")
    words = {"token_embedding.weight": module.state_dict()["token_embedding.weight"].half()}
    torch.save(words, FOLDER / "clip_for_prompts.pt")
    tokens = families.tokens()
    tokens[:, 3:] = tokens[:, 1:-2].copy()
    tokens[:, 1:3] = -1, -2
    tokens[:, -1][tokens.max(1) < families.VOCABULARY - 1] = families.VOCABULARY - 1
    with torch.no_grad():
        frames = plain.images(torch, module, learned, families.pixels())
        texts = plain.texts(torch, module, learned, tokens)
    arrays = {"frames": frames, "texts": texts, "tokens": tokens}
    save_arrays(arrays, FOLDER / "vifi_prompts_expected.safetensors")


def main():
    torch = families.torch_or_skip()
    from safetensors.numpy import save_file

    lora(torch, save_file)
    prompts(torch, save_file)


if __name__ == "__main__":
    main()
