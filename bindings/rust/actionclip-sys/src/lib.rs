//! The C interface of libactionclip, declared for Rust: constants, structs and functions under their C names.
//!
//! The texts are those of `actionclip.h`, whose first lines have conventions that hold for all. The crate `actionclip`
//! is a safe interface to the same. Structs that begin with `struct_size` have a `Default` that sets it.

#![allow(non_camel_case_types)]
// The header's texts are not Markdown: "[videos, E]" is a shape, not a link.
#![allow(rustdoc::broken_intra_doc_links)]

/// Gives a struct that begins with `struct_size` a default: the library's, or zeros for an output.
macro_rules! sized {
    ($name:ident $(, $initialise:ident)?) => {
        impl Default for $name {
            /// `struct_size` set, and the library's defaults where it has any, else zeros.
            fn default() -> Self {
                let size = std::mem::size_of::<Self>();
                // Every field is a number or a pointer, for which zero bytes are a value.
                let mut value: Self = unsafe { std::mem::zeroed() };
                value.struct_size = size as u32;
                $(unsafe { $initialise(&mut value, size) };)?
                value
            }
        }
    };
}

#[rustfmt::skip]
mod bindings;

pub use bindings::*;
