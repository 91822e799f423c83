//! Owned handles of the library.

use std::ptr::{self, NonNull};

use crate::error::{check, Error, Result, Status};
use crate::sys;

/// A type of handle, which the library frees.
pub(crate) trait Owned {
    /// # Safety
    /// `handle` is live and not used afterwards.
    unsafe fn free(handle: *mut Self);
}

macro_rules! owned {
    ($($name:ident: $free:ident;)*) => {
        $(impl Owned for sys::$name {
            unsafe fn free(handle: *mut Self) {
                sys::$free(handle)
            }
        })*
    };
}

owned! {
    actionclip_cancel_token: actionclip_cancel_token_free;
    actionclip_model: actionclip_model_free;
    actionclip_video: actionclip_video_free;
    actionclip_classifier: actionclip_classifier_free;
    actionclip_label_list: actionclip_label_list_free;
    actionclip_report: actionclip_report_free;
    actionclip_index: actionclip_index_free;
    actionclip_stream: actionclip_stream_free;
    actionclip_tokenizer: actionclip_tokenizer_free;
    actionclip_tracker: actionclip_tracker_free;
    actionclip_tuner: actionclip_tuner_free;
}

/// A handle that is freed when it goes out of scope. Whether threads may share it is said by the type that has it.
pub(crate) struct Handle<T: Owned>(NonNull<T>);

impl<T: Owned> Handle<T> {
    /// The handle that a call writes to its output.
    pub(crate) fn made(call: impl FnOnce(*mut *mut T) -> i32) -> Result<Self> {
        let mut handle = ptr::null_mut();
        check(call(&mut handle))?;
        let missing = || Error::new(Status::INTERNAL, "the library gave no handle");
        NonNull::new(handle).map(Handle).ok_or_else(missing)
    }

    pub(crate) fn get(&self) -> *mut T {
        self.0.as_ptr()
    }
}

impl<T: Owned> Drop for Handle<T> {
    fn drop(&mut self) {
        unsafe { T::free(self.get()) }
    }
}
