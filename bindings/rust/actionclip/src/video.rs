//! Video files.

use std::marker::PhantomData;
use std::path::Path;

use crate::choices::Decode;
use crate::error::{check, Result};
use crate::handle::Handle;
use crate::matrix::zeros;
use crate::model::Model;
use crate::sys;
use crate::text::c_path;
use crate::windows::Windows;

/// Options of opening a video: `VideoOptions::default().threads(1)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct VideoOptions(pub(crate) sys::actionclip_video_options);

impl VideoOptions {
    /// Sets the number of decoder threads; 0: what `ACTIONCLIP_THREADS` says, else one for each processor of the
    /// process's affinity and quota.
    pub fn threads(mut self, threads: i32) -> Self {
        self.0.threads = threads;
        self
    }

    /// Sets the number of pixels beyond which pictures are refused; 0: 2^25.
    pub fn max_pixels(mut self, pixels: i64) -> Self {
        self.0.max_pixels = pixels;
        self
    }

    /// Sets which frames are decoded.
    pub fn decode(mut self, decode: Decode) -> Self {
        self.0.decode = decode as i32;
        self
    }

    /// Sets the time limit of one call in milliseconds; 0: it grows with the file.
    pub fn max_milliseconds(mut self, milliseconds: i64) -> Self {
        self.0.max_milliseconds = milliseconds;
        self
    }

    /// Sets how many pixels may be decoded for each byte of the file; 0: 2^17.
    pub fn max_pixels_per_byte(mut self, pixels: i64) -> Self {
        self.0.max_pixels_per_byte = pixels;
        self
    }

    /// Sets how many frames per second a folder of frames has; 0: they have no times.
    pub fn frame_rate(mut self, rate: f64) -> Self {
        self.0.frame_rate = rate;
        self
    }

    /// Sets which of a folder's frames are the video: `count` from the one at place `first`, or all from it on if
    /// `count` is 0.
    pub fn folder_frames(mut self, first: i64, count: i64) -> Self {
        self.0.first_frame = first;
        self.0.frame_count = count;
        self
    }

    /// Opens the best video stream of a file, or a folder of extracted frames.
    pub fn open(&self, path: impl AsRef<Path>) -> Result<Video<'static>> {
        let path = c_path(path.as_ref())?;
        Video::made(|out| unsafe { sys::actionclip_video_open(path.as_ptr(), &self.0, out) })
    }

    /// Opens a video from the bytes of a file, which it borrows.
    pub fn open_bytes<'a>(&self, bytes: &'a [u8]) -> Result<Video<'a>> {
        Video::made(|out| unsafe {
            sys::actionclip_video_open_buffer(bytes.as_ptr().cast(), bytes.len(), &self.0, out)
        })
    }
}

/// The size, length and damage of a video.
pub type VideoInfo = sys::actionclip_video_info;

/// Frames as RGB, with their times.
#[derive(Clone, Debug, PartialEq)]
pub struct Frames {
    /// Pixels, [frames, height, width, 3].
    pub rgb: Vec<u8>,
    /// The time of each frame from the first one of the video, in seconds.
    pub seconds: Vec<f64>,
    /// The width of a frame in pixels.
    pub width: usize,
    /// The height of a frame in pixels.
    pub height: usize,
}

/// An open video file. It may move from one thread to another, and is used by one at a time.
pub struct Video<'a> {
    handle: Handle<sys::actionclip_video>,
    bytes: PhantomData<&'a [u8]>,
}

// actionclip.h: a video is for one thread at a time. So it is not Sync.
unsafe impl Send for Video<'_> {}

impl<'a> Video<'a> {
    /// Opens the best video stream of a file with the defaults.
    pub fn open(path: impl AsRef<Path>) -> Result<Video<'static>> {
        VideoOptions::default().open(path)
    }

    /// Opens a video from the bytes of a file with the defaults.
    pub fn open_bytes(bytes: &'a [u8]) -> Result<Video<'a>> {
        VideoOptions::default().open_bytes(bytes)
    }

    fn made(call: impl FnOnce(*mut *mut sys::actionclip_video) -> i32) -> Result<Self> {
        crate::check_abi()?;
        Ok(Video { handle: Handle::made(call)?, bytes: PhantomData })
    }

    /// The video's properties. The whole stream is decoded, unless an earlier call did.
    pub fn info(&mut self) -> Result<VideoInfo> {
        let mut info = VideoInfo::default();
        check(unsafe { sys::actionclip_video_get_info(self.get(), &mut info) })?;
        Ok(info)
    }

    /// The video's properties, without decoding where possible; then `damaged_frames` is -1, unknown.
    pub fn outline(&mut self) -> Result<VideoInfo> {
        let mut info = VideoInfo::default();
        check(unsafe { sys::actionclip_video_get_outline(self.get(), &mut info) })?;
        Ok(info)
    }

    /// Reads frames by their numbers, from 0 on, in any order.
    pub fn read_frames(&mut self, indices: &[i64]) -> Result<Frames> {
        let info = self.outline()?;
        let (width, height) = (info.width as usize, info.height as usize);
        let mut rgb: Vec<u8> = zeros(indices.len(), width * height * 3)?;
        let mut seconds: Vec<f64> = zeros(indices.len(), 1)?;
        check(unsafe {
            sys::actionclip_video_read_frames(
                self.get(),
                indices.as_ptr(),
                indices.len(),
                rgb.as_mut_ptr(),
                rgb.len(),
                seconds.as_mut_ptr(),
                seconds.len(),
            )
        })?;
        Ok(Frames { rgb, seconds, width, height })
    }

    /// The numbers of the frames from `start` to `end` in seconds: the first, and how many.
    pub fn frames_between(&mut self, start: f64, end: f64) -> Result<(i64, i64)> {
        let (mut first, mut count) = (0, 0);
        check(unsafe { sys::actionclip_video_frames_between(self.get(), start, end, &mut first, &mut count) })?;
        Ok((first, count))
    }

    /// Goes through the video in windows of `length` seconds that begin every `step` seconds, up to the first one that
    /// reaches the end, and encodes each when it is asked for.
    pub fn windows<'w>(&'w mut self, model: &'w Model, length: f64, step: f64) -> Result<Windows<'w, 'a>> {
        Windows::new(self, model, length, step)
    }

    pub(crate) fn get(&mut self) -> *mut sys::actionclip_video {
        self.handle.get()
    }
}
