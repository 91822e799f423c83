"""Training of ActionCLIP models in PyTorch, for libactionclip to run."""
