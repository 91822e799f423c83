//! Files that the tests use.

use std::path::PathBuf;

use actionclip::Model;

/// A file of the repository.
pub fn file(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../..").join(path)
}

#[allow(dead_code)] // Not every test needs it.
/// The default model, which knows actions of coloured shapes.
pub fn shapes() -> Model {
    Model::options().threads(1).load(file("models/actionclip-shapes.safetensors")).unwrap()
}
