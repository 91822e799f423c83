//! Statuses of the C functions as errors.

use std::ffi::CStr;
use std::fmt;

use crate::sys;

/// A kind of failure, by the library's status code. Codes are never reused; a newer library may have more of them.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct Status(i32);

macro_rules! statuses {
    ($($(#[$doc:meta])* $name:ident = $value:ident;)*) => {
        impl Status {
            $($(#[$doc])* pub const $name: Status = Status(sys::$value);)*
        }
    };
}

statuses! {
    /// An argument is out of range or has the wrong size.
    INVALID_ARGUMENT = ACTIONCLIP_ERROR_INVALID_ARGUMENT;
    /// An output's capacity is too small.
    BUFFER_TOO_SMALL = ACTIONCLIP_ERROR_BUFFER_TOO_SMALL;
    /// A handle is not a live one of its kind.
    INVALID_HANDLE = ACTIONCLIP_ERROR_INVALID_HANDLE;
    /// Text is not UTF-8.
    INVALID_UTF8 = ACTIONCLIP_ERROR_INVALID_UTF8;
    /// A text has more tokens than the model's context holds.
    TEXT_TOO_LONG = ACTIONCLIP_ERROR_TEXT_TOO_LONG;
    /// NaN or infinity stands in an input or in a tensor of a file.
    NOT_FINITE = ACTIONCLIP_ERROR_NOT_FINITE;
    /// The handle belongs to a parent process.
    FORKED = ACTIONCLIP_ERROR_FORKED;
    /// The cancel token that the thread uses is set.
    CANCELLED = ACTIONCLIP_ERROR_CANCELLED;
    /// A file is missing, unreadable or not a regular file.
    FILE_OPEN = ACTIONCLIP_ERROR_FILE_OPEN;
    /// Reading a file failed half-way, or it was changed meanwhile.
    FILE_READ = ACTIONCLIP_ERROR_FILE_READ;
    /// A file could not be written.
    FILE_WRITE = ACTIONCLIP_ERROR_FILE_WRITE;
    /// The SHA-256 of a file is not the expected one.
    HASH_MISMATCH = ACTIONCLIP_ERROR_HASH_MISMATCH;
    /// No known format begins like this.
    FORMAT_UNKNOWN = ACTIONCLIP_ERROR_FORMAT_UNKNOWN;
    /// A file is damaged, truncated or contradictory.
    FORMAT_INVALID = ACTIONCLIP_ERROR_FORMAT_INVALID;
    /// A file is valid, but this version of the library does not read it.
    FORMAT_UNSUPPORTED = ACTIONCLIP_ERROR_FORMAT_UNSUPPORTED;
    /// A file is beyond a limit on size or depth.
    FORMAT_LIMIT = ACTIONCLIP_ERROR_FORMAT_LIMIT;
    /// The checkpoint lacks a tensor that it needs.
    MISSING_TENSOR = ACTIONCLIP_ERROR_MISSING_TENSOR;
    /// A tensor's shape or type does not fit.
    TENSOR_SHAPE = ACTIONCLIP_ERROR_TENSOR_SHAPE;
    /// An option contradicts the checkpoint.
    OPTION_CONFLICT = ACTIONCLIP_ERROR_OPTION_CONFLICT;
    /// Text was given, and no tokenizer was found.
    NO_TOKENIZER = ACTIONCLIP_ERROR_NO_TOKENIZER;
    /// The merge list or tokenizer.json does not fit.
    TOKENIZER_INVALID = ACTIONCLIP_ERROR_TOKENIZER_INVALID;
    /// Memory was refused.
    OUT_OF_MEMORY = ACTIONCLIP_ERROR_OUT_OF_MEMORY;
    /// An optional system library, such as FFmpeg's, is missing.
    UNAVAILABLE = ACTIONCLIP_ERROR_UNAVAILABLE;
    /// A limit on time ran out.
    TIME_LIMIT = ACTIONCLIP_ERROR_TIME_LIMIT;
    /// A file is no video that FFmpeg can read, or has none in it.
    VIDEO_INVALID = ACTIONCLIP_ERROR_VIDEO_INVALID;
    /// No frame of a video could be decoded.
    VIDEO_DECODE = ACTIONCLIP_ERROR_VIDEO_DECODE;
    /// There are fewer than two labels, or no example of a present one.
    NOT_ENOUGH_EXAMPLES = ACTIONCLIP_ERROR_NOT_ENOUGH_EXAMPLES;
    /// The library has a defect; please report it.
    INTERNAL = ACTIONCLIP_ERROR_INTERNAL;
}

impl Status {
    /// The number of the status, as in `actionclip.h`.
    pub fn code(self) -> i32 {
        self.0
    }

    /// The name of the status in C, such as "ACTIONCLIP_ERROR_FILE_OPEN".
    pub fn name(self) -> &'static str {
        let name = unsafe { CStr::from_ptr(sys::actionclip_status_name(self.0)) };
        name.to_str().unwrap_or("unknown status")
    }
}

impl fmt::Debug for Status {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.name())
    }
}

/// A failure: its status, and one line that says what is wrong and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Error {
    status: Status,
    message: String,
}

/// The result of this crate's functions.
pub type Result<T> = std::result::Result<T, Error>;

impl Error {
    pub(crate) fn new(status: Status, message: impl Into<String>) -> Self {
        Error { status, message: message.into() }
    }

    /// The kind of failure, for programs.
    pub fn status(&self) -> Status {
        self.status
    }

    /// One line for people.
    pub fn message(&self) -> &str {
        &self.message
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for Error {}

/// An error for a status below 0, with the message of the thread's latest call.
pub(crate) fn check(status: i32) -> Result<()> {
    if status >= 0 {
        return Ok(());
    }
    let message = unsafe { CStr::from_ptr(sys::actionclip_last_error()) };
    Err(Error::new(Status(status), message.to_string_lossy()))
}

/// The number that a function returns in place of a status.
pub(crate) fn count(value: i32) -> Result<usize> {
    check(value)?;
    Ok(value as usize)
}

/// A number in the C type that a function takes.
pub(crate) fn narrow<T: TryFrom<usize>>(value: usize, what: &str) -> Result<T> {
    T::try_from(value).map_err(|_| Error::new(Status::INVALID_ARGUMENT, format!("{what} is too large: {value}")))
}
