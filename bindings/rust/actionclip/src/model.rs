//! Models: both encoders, the temporal head, the tokenizer that was found, and the threads that compute.

use std::path::Path;
use std::ptr;

use crate::choices::TooLong;
use crate::error::{check, count, Result};
use crate::handle::Handle;
use crate::image::{pointer, raw, Image, PreprocessOptions};
use crate::matrix::{zeros, Matrix};
use crate::model_options::{ModelOptions, SaveOptions};
use crate::sys;
use crate::text::{array, borrowed, c_path, c_string, written, CStrings};
use crate::video::Video;

/// A loaded model. Any number of threads may use it at once.
pub struct Model {
    handle: Handle<sys::actionclip_model>,
    info: ModelInfo,
}

/// The sizes and options of a loaded model.
pub type ModelInfo = sys::actionclip_model_info;

// actionclip.h: any number of threads may use a model at once.
unsafe impl Send for Model {}
unsafe impl Sync for Model {}

impl Model {
    /// Begins with the defaults of loading.
    pub fn options() -> ModelOptions {
        ModelOptions::default()
    }

    /// Loads a model with the defaults: see `ModelOptions::load`.
    pub fn load(path: impl AsRef<Path>) -> Result<Self> {
        Model::options().load(path)
    }

    /// Loads the default model: see `ModelOptions::load_default`.
    pub fn load_default() -> Result<Self> {
        Model::options().load_default()
    }

    pub(crate) fn new(handle: Handle<sys::actionclip_model>) -> Result<Self> {
        let mut info = ModelInfo::default();
        check(unsafe { sys::actionclip_model_get_info(handle.get(), &mut info) })?;
        Ok(Model { handle, info })
    }

    /// Sizes and options, after every choice was resolved.
    pub fn info(&self) -> &ModelInfo {
        &self.info
    }

    /// E, the length of every embedding.
    pub fn embedding_size(&self) -> usize {
        self.info.embedding_size as usize
    }

    /// T, the frames per video.
    pub fn frames(&self) -> usize {
        self.info.frames as usize
    }

    /// The family of checkpoints whose layout the model's file has, such as "open_clip".
    pub fn family(&self) -> &'static str {
        unsafe { borrowed(sys::actionclip_model_family(self.get())) }.unwrap_or("")
    }

    /// The labels that the model's file names.
    pub fn labels(&self) -> Result<Vec<&str>> {
        self.texts(sys::actionclip_model_label_count, sys::actionclip_model_label)
    }

    /// The model's own templates: those of its file, else of its family.
    pub fn templates(&self) -> Result<Vec<&str>> {
        self.texts(sys::actionclip_model_template_count, sys::actionclip_model_template)
    }

    /// The weight of each of the model's own templates; together they are 1.
    pub fn template_weights(&self) -> Result<Vec<f32>> {
        let count = count(unsafe { sys::actionclip_model_template_count(self.get()) })? as i32;
        Ok((0..count).map(|index| unsafe { sys::actionclip_model_template_weight(self.get(), index) }).collect())
    }

    /// Assumptions about the model, one line for people each: properties that neither its file nor the caller states.
    pub fn assumptions(&self) -> Vec<&'static str> {
        let at = |index| unsafe { borrowed(sys::actionclip_model_assumption(self.get(), index)) };
        (0..).map_while(at).collect()
    }

    /// The note that the model's file has under a key, such as "license".
    pub fn note(&self, key: &str) -> Option<&str> {
        let key = c_string(key).ok()?;
        unsafe { borrowed(sys::actionclip_model_note(self.get(), key.as_ptr())) }
    }

    /// The keys of the notes in the model's file, sorted.
    pub fn note_keys(&self) -> Result<Vec<&str>> {
        self.texts(sys::actionclip_model_note_count, sys::actionclip_model_note_key)
    }

    /// One line for people about a label, such as the words in it that the model never learned; "" if there is nothing
    /// to say. None asks for the note about the model.
    pub fn label_note(&self, label: Option<&str>) -> Result<String> {
        let label = label.map(c_string).transpose()?;
        let label = crate::text::pointer(&label);
        written(|text, capacity, size| unsafe {
            sys::actionclip_model_label_note(self.get(), label, text, capacity, size)
        })
    }

    /// The SHA-256 of the model's file, if the options asked for it.
    pub fn sha256(&self) -> Option<&str> {
        unsafe { borrowed(sys::actionclip_model_sha256(self.get())) }
    }

    /// The model's own preprocessing options, of which single ones can be changed.
    pub fn preprocess_options(&self) -> Result<PreprocessOptions> {
        let mut options = PreprocessOptions::default();
        check(unsafe { sys::actionclip_model_preprocess_options(self.get(), &mut options.0) })?;
        Ok(options)
    }

    /// Writes the model as one file that needs no other. The old file at `path` stays until the new one is complete.
    pub fn save(&self, path: impl AsRef<Path>, options: &SaveOptions) -> Result<()> {
        let path = c_path(path.as_ref())?;
        options.with_raw(|options| check(unsafe { sys::actionclip_model_save(self.get(), path.as_ptr(), options) }))
    }

    /// Encodes videos given as images, the T frames of the first video first: [videos, E]. Options of None are the
    /// model's own.
    pub fn encode_frames(&self, frames: &[Image<'_>], options: Option<&PreprocessOptions>) -> Result<Matrix> {
        self.filled(frames.len() / self.frames().max(1), |out, capacity| unsafe {
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

    /// Joins frame embeddings, the first video's T rows first, to video embeddings [videos, E].
    pub fn join_frames(&self, frames: &Matrix) -> Result<Matrix> {
        let per_video = if self.info.joint == 1 { 1 } else { self.frames().max(1) };
        frames.check_columns(self.embedding_size())?;
        let rows = frames.rows();
        self.filled(rows / per_video, |out, capacity| unsafe {
            sys::actionclip_join_frames(self.get(), frames.as_ptr(), rows, out, capacity)
        })
    }

    /// Encodes a whole video to its embedding, [1, E].
    pub fn encode_video(&self, video: &mut Video<'_>, options: Option<&PreprocessOptions>) -> Result<Matrix> {
        self.filled(1, |out, capacity| unsafe {
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
        self.filled(1, |out, capacity| unsafe {
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

    /// Encodes texts: [prompts, E].
    pub fn encode_prompts<S: AsRef<str>>(&self, prompts: &[S], too_long: TooLong) -> Result<Matrix> {
        let prompts = CStrings::new(prompts)?;
        self.filled(prompts.len(), |out, capacity| unsafe {
            let long = too_long as i32;
            sys::actionclip_encode_prompts(self.get(), prompts.as_ptr(), prompts.len(), long, out, capacity)
        })
    }

    /// Encodes every label in every template: [templates * labels, E], the labels of the first template first. Without
    /// templates they are the model's own, or the reference's 16 if it has none.
    pub fn encode_labels<S: AsRef<str>>(
        &self,
        labels: &[S],
        templates: Option<&[&str]>,
        too_long: TooLong,
    ) -> Result<Matrix> {
        let labels = CStrings::new(labels)?;
        let given = templates.map(CStrings::new).transpose()?;
        let count = match templates {
            Some(templates) => templates.len(),
            None => match count(unsafe { sys::actionclip_model_template_count(self.get()) })? {
                0 => count(unsafe { sys::actionclip_template_count() })?,
                own => own,
            },
        };
        let (templates, template_count) = array(&given);
        self.filled(count.saturating_mul(labels.len()), |out, capacity| unsafe {
            sys::actionclip_encode_labels(
                self.get(),
                labels.as_ptr(),
                labels.len(),
                templates,
                template_count,
                too_long as i32,
                out,
                capacity,
            )
        })
    }

    /// Turns texts into rows of C token ids with start and end markers: [prompts, C].
    pub fn tokenize<S: AsRef<str>>(&self, prompts: &[S], too_long: TooLong) -> Result<Vec<i32>> {
        let prompts = CStrings::new(prompts)?;
        let mut tokens = zeros(prompts.len(), self.info.context_length as usize)?;
        check(unsafe {
            sys::actionclip_tokenize(
                self.get(),
                prompts.as_ptr(),
                prompts.len(),
                too_long as i32,
                tokens.as_mut_ptr(),
                tokens.len(),
            )
        })?;
        Ok(tokens)
    }

    pub(crate) fn get(&self) -> *const sys::actionclip_model {
        self.handle.get()
    }

    /// Embeddings that a call writes.
    fn filled(&self, rows: usize, call: impl FnOnce(*mut f32, usize) -> i32) -> Result<Matrix> {
        let mut out = Matrix::zeros(rows, self.embedding_size())?;
        let capacity = out.len();
        check(call(out.as_mut_ptr(), capacity))?;
        Ok(out)
    }

    fn texts(
        &self,
        size: unsafe extern "C" fn(*const sys::actionclip_model) -> i32,
        at: unsafe extern "C" fn(*const sys::actionclip_model, i32) -> *const std::os::raw::c_char,
    ) -> Result<Vec<&str>> {
        let count = count(unsafe { size(self.get()) })? as i32;
        Ok((0..count).filter_map(|index| unsafe { borrowed(at(self.get(), index)) }).collect())
    }
}

/// Describes a file or folder of weights in lines of "key: value" for people, whether or not it can be loaded.
pub fn describe_file(path: impl AsRef<Path>) -> Result<String> {
    let path = c_path(path.as_ref())?;
    written(|text, capacity, size| unsafe { sys::actionclip_file_describe(path.as_ptr(), text, capacity, size) })
}
