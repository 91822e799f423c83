//! Ending the long calls of other threads early.

use std::ptr;

use crate::error::{check, Result};
use crate::handle::Handle;
use crate::sys;

/// A flag by which one thread ends the long calls of others early, with `Status::CANCELLED`.
pub struct CancelToken(Handle<sys::actionclip_cancel_token>);

// actionclip.h: any thread may set a token, and any number of threads may use one.
unsafe impl Send for CancelToken {}
unsafe impl Sync for CancelToken {}

impl CancelToken {
    /// Makes a token that is not set.
    pub fn new() -> Result<Self> {
        Handle::made(|out| unsafe { sys::actionclip_cancel_token_create(out) }).map(CancelToken)
    }

    /// Sets the token, which ends the long calls of the threads that use it.
    pub fn cancel(&self) {
        unsafe { sys::actionclip_cancel(self.0.get()) }
    }

    /// Says whether the token is set.
    pub fn is_cancelled(&self) -> bool {
        unsafe { sys::actionclip_cancel_token_is_cancelled(self.0.get()) == 1 }
    }

    /// Clears the token, so that later calls run again.
    pub fn reset(&self) -> Result<()> {
        check(unsafe { sys::actionclip_cancel_token_reset(self.0.get()) })
    }

    /// Runs `work` with the token for the library's calls of this thread, and returns what `work` returns. Afterwards
    /// the thread uses the token again that it used before.
    pub fn watch<T>(&self, work: impl FnOnce() -> T) -> Result<T> {
        let mut previous = ptr::null_mut();
        check(unsafe { sys::actionclip_thread_use_cancel_token(self.0.get(), &mut previous) })?;
        let _restore = Restore(previous);
        Ok(work())
    }
}

/// Gives the thread its previous token back, even when it panics.
struct Restore(*mut sys::actionclip_cancel_token);

impl Drop for Restore {
    fn drop(&mut self) {
        // A token that has been freed meanwhile is refused; then the thread uses none.
        unsafe {
            if sys::actionclip_thread_use_cancel_token(self.0, ptr::null_mut()) < 0 {
                sys::actionclip_thread_use_cancel_token(ptr::null_mut(), ptr::null_mut());
            }
        }
    }
}
