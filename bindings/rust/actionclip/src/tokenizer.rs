//! CLIP's tokenizer without a model.

use std::path::Path;
use std::ptr;

use crate::error::{check, Result};
use crate::handle::Handle;
use crate::matrix::zeros;
use crate::sys;
use crate::text::c_path;

/// CLIP's byte-level BPE tokenizer without a model.
pub struct Tokenizer(Handle<sys::actionclip_tokenizer>);

// actionclip.h: a tokenizer is immutable, and any number of threads may use it at once.
unsafe impl Send for Tokenizer {}
unsafe impl Sync for Tokenizer {}

impl Tokenizer {
    /// Loads a merge list or a tokenizer.json, plain or gzip.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        let path = c_path(path.as_ref())?;
        Handle::made(|out| unsafe { sys::actionclip_tokenizer_load(path.as_ptr(), out) }).map(Tokenizer)
    }

    /// Turns a text into token ids, without start and end markers.
    pub fn encode(&self, text: &str) -> Result<Vec<i32>> {
        let mut count = 0;
        let call = |out: *mut i32, capacity: usize, count: &mut usize| {
            check(unsafe {
                let bytes = text.as_ptr().cast();
                sys::actionclip_tokenizer_encode(self.0.get(), bytes, text.len(), out, capacity, count)
            })
        };
        call(ptr::null_mut(), 0, &mut count)?;
        let mut ids = zeros(count, 1)?;
        call(ids.as_mut_ptr(), ids.len(), &mut count)?;
        Ok(ids)
    }
}
