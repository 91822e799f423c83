//! Frames and videos to embeddings.

use std::ptr;

use crate::error::{check, count, narrow, Error, Result, Status};
use crate::frame::{frame_pointer, Frame};
use crate::image::{pointer, raw, Image, PreprocessOptions};
use crate::matrix::{zeros, Matrix};
use crate::model::Model;
use crate::sys;
use crate::video::Video;

impl Model {
    /// Encodes videos given as images, the T frames of the first video first: [videos, V] (`video_size`). Options of
    /// None are the model's own.
    pub fn encode_frames(&self, frames: &[Image<'_>], options: Option<&PreprocessOptions>) -> Result<Matrix> {
        self.videos(frames.len() / self.frames().max(1), |out, capacity| unsafe {
            sys::actionclip_encode_frames(
                self.get(),
                pointer(frames),
                frames.len(),
                raw(options),
                out,
                capacity,
                ptr::null_mut(),
                0,
            )
        })
    }

    /// Encodes single frames: [frames, E]. The windows of a stream can share them and be joined by `join_frames`. The
    /// frames of a model whose `frames_independent` is 0 cannot be encoded singly.
    pub fn encode_single_frames(&self, frames: &[Image<'_>], options: Option<&PreprocessOptions>) -> Result<Matrix> {
        self.filled(frames.len(), |out, capacity| unsafe {
            sys::actionclip_encode_single_frames(self.get(), pointer(frames), frames.len(), raw(options), out, capacity)
        })
    }

    /// Encodes videos given as camera frames, as `encode_frames` does: [videos, E].
    pub fn encode_camera_frames(&self, frames: &[Frame<'_>], options: Option<&PreprocessOptions>) -> Result<Matrix> {
        self.videos(frames.len() / self.frames().max(1), |out, capacity| unsafe {
            let (first, none) = (frame_pointer(frames), ptr::null_mut());
            sys::actionclip_encode_camera_frames(self.get(), first, frames.len(), raw(options), out, capacity, none, 0)
        })
    }

    /// Encodes single camera frames, as `encode_single_frames` does: [frames, E].
    pub fn encode_single_camera_frames(
        &self,
        frames: &[Frame<'_>],
        options: Option<&PreprocessOptions>,
    ) -> Result<Matrix> {
        self.filled(frames.len(), |out, capacity| unsafe {
            let first = frame_pointer(frames);
            sys::actionclip_encode_single_camera_frames(self.get(), first, frames.len(), raw(options), out, capacity)
        })
    }

    /// Joins frame embeddings, the first video's T rows first, to video embeddings [videos, E].
    pub fn join_frames(&self, frames: &Matrix) -> Result<Matrix> {
        let per_video = if self.info().joint == 1 { 1 } else { self.frames().max(1) };
        frames.check_columns(self.embedding_size())?;
        let rows = frames.rows();
        self.filled(rows / per_video, |out, capacity| unsafe {
            sys::actionclip_join_frames(self.get(), frames.as_ptr(), rows, out, capacity)
        })
    }

    /// Encodes a whole video to its row, [1, V]: in most models its embedding.
    pub fn encode_video(&self, video: &mut Video<'_>, options: Option<&PreprocessOptions>) -> Result<Matrix> {
        self.videos(1, |out, capacity| unsafe {
            sys::actionclip_encode_video(self.get(), video.get(), raw(options), out, capacity, ptr::null_mut(), 0)
        })
    }

    /// Encodes a part of a video, from `start` to `end` in seconds, as if it were a video of its own: [1, E].
    pub fn encode_video_between(
        &self,
        video: &mut Video<'_>,
        start: f64,
        end: f64,
        options: Option<&PreprocessOptions>,
    ) -> Result<Matrix> {
        self.videos(1, |out, capacity| unsafe {
            sys::actionclip_encode_video_between(
                self.get(),
                video.get(),
                start,
                end,
                raw(options),
                out,
                capacity,
                ptr::null_mut(),
                0,
            )
        })
    }

    /// Encodes videos, as `encode_frames` does, from pixels already resized, cropped and normalised:
    /// [videos * T, 3, S, S] in the order R, G, B.
    pub fn encode_pixels(&self, pixels: &[f32]) -> Result<Matrix> {
        let frames = self.frames_of_pixels(pixels)?;
        self.videos(frames / self.frames().max(1), |out, capacity| unsafe {
            let none = ptr::null_mut();
            sys::actionclip_encode_pixels(self.get(), pixels.as_ptr(), pixels.len(), frames, out, capacity, none, 0)
        })
    }

    /// Encodes single frames, as `encode_single_frames` does, from pixels: [frames, 3, S, S] to [frames, E].
    pub fn encode_single_pixels(&self, pixels: &[f32]) -> Result<Matrix> {
        let frames = self.frames_of_pixels(pixels)?;
        self.filled(frames, |out, capacity| unsafe {
            sys::actionclip_encode_single_pixels(self.get(), pixels.as_ptr(), pixels.len(), frames, out, capacity)
        })
    }

    /// Chooses T of a video's frames by the model's own rule. `frame_rate` is in frames per second.
    pub fn sample_indices(&self, frame_count: i64, frame_rate: f64) -> Result<Vec<i64>> {
        let rule = count(unsafe { sys::actionclip_model_sampling(self.get()) })? as i32;
        let mut indices = zeros(self.frames(), 1)?;
        let segments = narrow(self.frames(), "the number of frames")?;
        check(unsafe {
            let capacity = indices.len();
            sys::actionclip_sample_indices_by(rule, frame_count, frame_rate, segments, indices.as_mut_ptr(), capacity)
        })?;
        Ok(indices)
    }

    fn frames_of_pixels(&self, pixels: &[f32]) -> Result<usize> {
        let side = self.info().image_size as usize;
        let size = 3 * side * side;
        if size == 0 || pixels.len() % size != 0 {
            let message = format!("{} values are no frames of 3 x {side} x {side}", pixels.len());
            return Err(Error::new(Status::INVALID_ARGUMENT, message));
        }
        Ok(pixels.len() / size)
    }
}
