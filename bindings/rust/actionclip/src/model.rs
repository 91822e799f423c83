//! Models: both encoders, the temporal head, the tokenizer that was found, and the threads that compute.

use std::path::Path;

use crate::error::{check, count, Result};
use crate::handle::Handle;
use crate::image::PreprocessOptions;
use crate::matrix::Matrix;
use crate::model_options::{ModelOptions, SaveOptions};
use crate::sys;
use crate::text::{borrowed, c_path, c_string, written};

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

    /// V, the length of a video's row: `embedding_size`, but in an X-CLIP, where each video moves the texts that it is
    /// compared with, more.
    pub fn video_size(&self) -> usize {
        self.info.video_size as usize
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

    pub(crate) fn get(&self) -> *const sys::actionclip_model {
        self.handle.get()
    }

    /// Embeddings that a call writes.
    pub(crate) fn filled(&self, rows: usize, call: impl FnOnce(*mut f32, usize) -> i32) -> Result<Matrix> {
        Model::written(rows, self.embedding_size(), call)
    }

    /// Videos' rows that a call writes.
    pub(crate) fn videos(&self, rows: usize, call: impl FnOnce(*mut f32, usize) -> i32) -> Result<Matrix> {
        Model::written(rows, self.video_size(), call)
    }

    fn written(rows: usize, columns: usize, call: impl FnOnce(*mut f32, usize) -> i32) -> Result<Matrix> {
        let mut out = Matrix::zeros(rows, columns)?;
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

/// The SHA-256 in hexadecimal that a model loaded from `path` has, without loading it; None: of the default model.
pub fn file_sha256(path: Option<&Path>) -> Result<String> {
    let path = path.map(c_path).transpose()?;
    let mut text = [0u8; 65];
    let name = path.as_ref().map_or(std::ptr::null(), |path| path.as_ptr());
    check(unsafe { sys::actionclip_file_sha256(name, text.as_mut_ptr().cast(), text.len()) })?;
    Ok(String::from_utf8_lossy(&text[..64]).into_owned())
}

/// Describes a file or folder of weights in lines of "key: value" for people, whether or not it can be loaded.
pub fn describe_file(path: impl AsRef<Path>) -> Result<String> {
    let path = c_path(path.as_ref())?;
    written(|text, capacity, size| unsafe { sys::actionclip_file_describe(path.as_ptr(), text, capacity, size) })
}
