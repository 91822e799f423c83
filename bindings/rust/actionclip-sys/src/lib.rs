//! The C interface of libactionclip, declared for Rust: constants, structs and functions under their C names.
//!
//! The texts are those of `actionclip.h`, whose first lines have conventions that hold for all. The crate `actionclip` is
//! a safe interface to the same. Structs that begin with `struct_size` have a `Default` that sets it.

#![allow(non_camel_case_types)]
// The header's texts are not Markdown: "[videos, E]" is a shape, not a link.
#![allow(rustdoc::broken_intra_doc_links)]

#[rustfmt::skip]
mod bindings;

pub use bindings::*;
