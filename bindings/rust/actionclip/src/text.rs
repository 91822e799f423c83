//! Strings across the C boundary.

use std::ffi::{CStr, CString};
use std::os::raw::c_char;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::ptr;

use crate::error::{check, Error, Result, Status};

/// A text with the NUL that C needs; one that has a NUL inside is an error.
pub(crate) fn c_string(text: impl Into<Vec<u8>>) -> Result<CString> {
    CString::new(text).map_err(|error| {
        Error::new(Status::INVALID_ARGUMENT, format!("a text has a NUL at byte {}", error.nul_position()))
    })
}

pub(crate) fn c_path(path: &Path) -> Result<CString> {
    c_string(path.as_os_str().as_bytes())
}

/// The pointer to an optional text, NULL without one.
pub(crate) fn pointer(text: &Option<CString>) -> *const c_char {
    text.as_ref().map_or(ptr::null(), |text| text.as_ptr())
}

/// Texts as an array of C strings.
pub(crate) struct CStrings {
    /// Pointers into `_owned`, whose buffers never move.
    pointers: Vec<*const c_char>,
    _owned: Vec<CString>,
}

impl CStrings {
    pub(crate) fn new<S: AsRef<str>>(texts: &[S]) -> Result<Self> {
        let owned = texts.iter().map(|text| c_string(text.as_ref())).collect::<Result<Vec<_>>>()?;
        Ok(CStrings { pointers: owned.iter().map(|text| text.as_ptr()).collect(), _owned: owned })
    }

    /// The first pointer, which is not NULL even without texts.
    pub(crate) fn as_ptr(&self) -> *const *const c_char {
        self.pointers.as_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.pointers.len()
    }
}

/// The array of optional texts and its length; NULL and 0 without texts.
pub(crate) fn array(texts: &Option<CStrings>) -> (*const *const c_char, usize) {
    texts.as_ref().map_or((ptr::null(), 0), |texts| (texts.as_ptr(), texts.len()))
}

/// A text that the library owns, None for NULL.
///
/// # Safety
/// `text` is NULL or a C string that lives and does not change for `'a`.
pub(crate) unsafe fn borrowed<'a>(text: *const c_char) -> Option<&'a str> {
    if text.is_null() {
        return None;
    }
    CStr::from_ptr(text).to_str().ok()
}

/// A text from a function that writes it with its NUL and gives its size, or only the size if the buffer is NULL.
pub(crate) fn written(mut call: impl FnMut(*mut c_char, usize, *mut usize) -> i32) -> Result<String> {
    let mut size = 0;
    check(call(ptr::null_mut(), 0, &mut size))?;
    let mut bytes = vec![0u8; size];
    check(call(bytes.as_mut_ptr().cast(), bytes.len(), &mut size))?;
    bytes.truncate(size.saturating_sub(1));
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
