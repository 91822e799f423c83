//! Search in archives of embeddings.

use std::path::Path;
use std::ptr;

use crate::choices::NumberType;
use crate::error::{check, Error, Result, Status};
use crate::handle::Handle;
use crate::sys;
use crate::text::{borrowed, c_path, written};

/// Options of opening an [`Index`].
#[derive(Clone, Debug, Default)]
pub struct IndexOptions {
    /// Threads that compare rows; `None`: as many as a model's.
    pub threads: Option<i32>,
    /// Whether rows are read into memory once, and not from the files in each search.
    pub in_memory: bool,
}

/// Facts of an archive.
#[derive(Clone, Debug, PartialEq)]
pub struct IndexInfo {
    /// Numbers of an embedding.
    pub dimension: usize,
    /// Rows, those of removed videos included.
    pub rows: i64,
    /// Rows of removed videos, which are never found.
    pub removed_rows: i64,
    /// Whether the archive was being written when it was opened, or a run was interrupted: rows are missing.
    pub unfinished: bool,
    /// Seconds of a window; 0: rows are whole videos.
    pub window: f64,
    /// Seconds from one window's start to the next one's; 0: rows are whole videos.
    pub step: f64,
    /// Frames that the model saw of a window; 0: not stated.
    pub frames: i32,
    /// The type of the stored numbers.
    pub number_type: NumberType,
}

/// Options of a search.
#[derive(Clone, Debug)]
pub struct QueryOptions {
    /// Whether windows are merged to moments; else every window is a moment of its own.
    pub merge: bool,
    /// Moments of lower scores are left out.
    pub minimum_score: f64,
}

impl Default for QueryOptions {
    fn default() -> Self {
        QueryOptions { merge: true, minimum_score: f64::NEG_INFINITY }
    }
}

/// A part of a video that a search found. Times are seconds from the video's beginning.
#[derive(Clone, Debug, PartialEq)]
pub struct Moment {
    /// The row of the best window.
    pub row: i64,
    /// The best window's cosine similarity to the query.
    pub score: f64,
    /// The moment's start.
    pub start: f64,
    /// The moment's end.
    pub end: f64,
    /// The best window's start.
    pub peak_start: f64,
    /// The best window's end.
    pub peak_end: f64,
}

/// Searches an archive, the folder that `actionclip embed` fills. Every row is compared, so nothing is missed.
pub struct Index(Handle<sys::actionclip_index>);

// actionclip.h: any number of threads may use an index at once.
unsafe impl Send for Index {}
unsafe impl Sync for Index {}

impl Index {
    /// Opens the archive in a folder.
    pub fn open(path: impl AsRef<Path>) -> Result<Self> {
        Index::open_with(path, &IndexOptions::default())
    }

    /// Opens the archive in a folder with options.
    pub fn open_with(path: impl AsRef<Path>, options: &IndexOptions) -> Result<Self> {
        let path = c_path(path.as_ref())?;
        let mut raw = unsafe { std::mem::zeroed::<sys::actionclip_index_options>() };
        unsafe { sys::actionclip_index_options_init_sized(&mut raw, std::mem::size_of_val(&raw)) };
        raw.threads = options.threads.unwrap_or(0);
        raw.in_memory = options.in_memory.into();
        Handle::made(|out| unsafe { sys::actionclip_index_open(path.as_ptr(), &raw, out) }).map(Index)
    }

    /// Describes the archive.
    pub fn info(&self) -> Result<IndexInfo> {
        let mut raw = unsafe { std::mem::zeroed::<sys::actionclip_index_info>() };
        raw.struct_size = std::mem::size_of_val(&raw) as u32;
        check(unsafe { sys::actionclip_index_get_info(self.0.get(), &mut raw) })?;
        Ok(IndexInfo {
            dimension: raw.dimension as usize,
            rows: raw.rows,
            removed_rows: raw.removed_rows,
            unfinished: raw.unfinished != 0,
            window: raw.window,
            step: raw.step,
            frames: raw.frames,
            number_type: match raw.number_type {
                sys::ACTIONCLIP_INDEX_FP16 => NumberType::Fp16,
                _ => NumberType::Fp32,
            },
        })
    }

    /// The text of the archive's manifest.json, which names the model that the rows are of.
    pub fn manifest(&self) -> &str {
        unsafe { borrowed(sys::actionclip_index_manifest(self.0.get())) }.unwrap_or("")
    }

    /// The `n` best moments for the sum of embeddings, each scaled to unit length and times its weight; a negative
    /// weight takes a meaning away.
    pub fn query(&self, parts: &[(&[f32], f32)], n: usize, options: &QueryOptions) -> Result<Vec<Moment>> {
        let dimension = parts.first().map_or(0, |part| part.0.len());
        if parts.iter().any(|part| part.0.len() != dimension) {
            return Err(Error::new(Status::INVALID_ARGUMENT, "the parts of a query have different sizes"));
        }
        let vectors: Vec<f32> = parts.iter().flat_map(|part| part.0.iter().copied()).collect();
        let weights: Vec<f32> = parts.iter().map(|part| part.1).collect();
        let mut raw = unsafe { std::mem::zeroed::<sys::actionclip_query_options>() };
        unsafe { sys::actionclip_query_options_init_sized(&mut raw, std::mem::size_of_val(&raw)) };
        (raw.merge, raw.minimum_score) = (options.merge.into(), options.minimum_score);
        let empty = unsafe { std::mem::zeroed::<sys::actionclip_moment>() };
        // The library refuses a larger number.
        let mut found = vec![empty; n.clamp(1, 1 << 20)];
        found[0].struct_size = std::mem::size_of_val(&found[0]) as u32;
        let mut count = 0;
        check(unsafe {
            sys::actionclip_index_query(
                self.0.get(),
                vectors.as_ptr(),
                weights.as_ptr(),
                parts.len(),
                dimension,
                &raw,
                found.as_mut_ptr(),
                n,
                &mut count,
            )
        })?;
        let moment = |one: &sys::actionclip_moment| Moment {
            row: one.row,
            score: one.score,
            start: one.start,
            end: one.end,
            peak_start: one.peak_start,
            peak_end: one.peak_end,
        };
        Ok(found[..count].iter().map(moment).collect())
    }

    /// The path of the video that a row is of, as the archive has it.
    pub fn path(&self, row: i64) -> Result<String> {
        written(|text, capacity, size| unsafe {
            sys::actionclip_index_row(self.0.get(), row, ptr::null_mut(), ptr::null_mut(), text, capacity, size)
        })
    }

    /// The start and end, in seconds, of the window that a row stands for.
    pub fn times(&self, row: i64) -> Result<(f64, f64)> {
        let (mut start, mut end, mut size) = (0.0, 0.0, 0);
        check(unsafe {
            sys::actionclip_index_row(self.0.get(), row, &mut start, &mut end, ptr::null_mut(), 0, &mut size)
        })?;
        Ok((start, end))
    }
}
