//! Streams: frames in at their own times, windows out.

use std::ptr;
use std::time::Duration;

use crate::choices::{Overflow, Pushed, StreamMode, WaitFor, WarmUp};
use crate::error::{check, Error, Result, Status};
use crate::frame::Frame;
use crate::handle::Handle;
use crate::image::PreprocessOptions;
use crate::matrix::Matrix;
use crate::model::Model;
use crate::sys;

/// Options of a stream: `StreamOptions::default().interval(Duration::from_millis(250)).hop(1).create(&model)`.
#[derive(Clone, Copy, Debug, Default)]
pub struct StreamOptions {
    raw: sys::actionclip_stream_options,
    preprocess: Option<PreprocessOptions>,
}

impl StreamOptions {
    /// Samples a frame each so much time. Without this and `stride`: as the model's file says, else T in 2 seconds.
    pub fn interval(mut self, time: Duration) -> Self {
        self.raw.frame_interval_ns = nanoseconds(time);
        self
    }

    /// Samples each so many pushed frames, whatever their times.
    pub fn stride(mut self, frames: i32) -> Self {
        self.raw.frame_stride = frames;
        self
    }

    /// Sets the sampled frames from one window to the next; 0: T/8, at least 1.
    pub fn hop(mut self, frames: i32) -> Self {
        self.raw.hop = frames;
        self
    }

    /// Sets the time between two frames that begins a new run, which shares no window with the one before. None: there
    /// is no such time.
    pub fn gap(mut self, time: Option<Duration>) -> Self {
        self.raw.gap_ns = time.map_or(-1, nanoseconds);
        self
    }

    /// Drops waiting frames that are older than the newest one by more.
    pub fn max_age(mut self, time: Duration) -> Self {
        self.raw.max_age_ns = nanoseconds(time);
        self
    }

    /// Sets how the frames of a model with temporal shift are encoded.
    pub fn mode(mut self, mode: StreamMode) -> Self {
        self.raw.mode = mode as i32;
        self
    }

    /// Sets the windows that there are before the T-th frame.
    pub fn warm_up(mut self, warm_up: WarmUp) -> Self {
        self.raw.warmup = warm_up as i32;
        self
    }

    /// Sets the fate of frames when too many wait.
    pub fn overflow(mut self, overflow: Overflow) -> Self {
        self.raw.overflow = overflow as i32;
        self
    }

    /// Sets how many sampled frames may wait for a step; 0: T.
    pub fn queue_frames(mut self, frames: i32) -> Self {
        self.raw.queue_frames = frames;
        self
    }

    /// Sets how many windows may wait to be taken; 0: 16.
    pub fn queue_windows(mut self, windows: i32) -> Self {
        self.raw.queue_windows = windows;
        self
    }

    /// Preprocesses frames by these options in place of the model's own.
    pub fn preprocess(mut self, options: PreprocessOptions) -> Self {
        self.preprocess = Some(options);
        self
    }

    /// Makes a stream.
    pub fn create(&self, model: &Model) -> Result<Stream> {
        let mut raw = self.raw;
        raw.preprocess = self.preprocess.as_ref().map_or(ptr::null(), |options| &options.0);
        let handle = Handle::made(|out| unsafe { sys::actionclip_stream_create(model.get(), &raw, out) })?;
        Ok(Stream { handle, video_size: model.video_size() })
    }
}

/// A duration as C takes it; longer ones than 2^61 ns are refused there.
fn nanoseconds(time: Duration) -> i64 {
    i64::try_from(time.as_nanos()).unwrap_or(i64::MAX)
}

/// A stream of frames, of which the model encodes overlapping windows. Frames may be pushed by one thread, encoded by
/// another, and windows taken by a third. It may outlive its model.
pub struct Stream {
    handle: Handle<sys::actionclip_stream>,
    video_size: usize,
}

/// The account of a stream at one moment: pushed = not_due + refused + dropped + encoded + pending.
pub type StreamStats = sys::actionclip_stream_stats;

/// The options of a stream as they are in use, and what they cost.
pub type StreamInfo = sys::actionclip_stream_info;

/// A window of a stream, encoded.
#[derive(Clone, Debug)]
pub struct StreamWindow {
    /// The frames of the window, and their times.
    pub span: sys::actionclip_window,
    /// The embedding, [1, E], not normalised.
    pub embedding: Matrix,
}

impl StreamWindow {
    /// Whether the window has fewer than T different frames.
    pub fn is_partial(&self) -> bool {
        self.span.flags & sys::ACTIONCLIP_WINDOW_PARTIAL != 0
    }

    /// Whether the window is the first one after a gap.
    pub fn follows_gap(&self) -> bool {
        self.span.flags & sys::ACTIONCLIP_WINDOW_DISCONTINUITY != 0
    }

    /// Whether the window closes a run, less than a hop after the window before.
    pub fn is_tail(&self) -> bool {
        self.span.flags & sys::ACTIONCLIP_WINDOW_TAIL != 0
    }
}

/// The answer of a stream that is asked for its next window.
#[derive(Clone, Debug)]
pub enum Next {
    /// The oldest window that was there.
    Window(StreamWindow),
    /// No window is there now.
    Nothing,
    /// The stream is finished, and all its windows were taken.
    End,
}

// actionclip.h: push, step and next may be three threads, and calls of one kind wait for each other.
unsafe impl Send for Stream {}
unsafe impl Sync for Stream {}

impl Stream {
    /// Begins with the defaults of making a stream.
    pub fn options() -> StreamOptions {
        StreamOptions::default()
    }

    /// Makes a stream with the defaults.
    pub fn new(model: &Model) -> Result<Self> {
        Stream::options().create(model)
    }

    /// Offers a `&Frame` or an `&Image` with its time in nanoseconds, from any origin. Times rise; a frame or a time
    /// that is refused is an error of that frame alone.
    pub fn push<'a>(&self, frame: impl Into<Frame<'a>>, timestamp_ns: i64) -> Result<Pushed> {
        let (frame, mut outcome) = (frame.into(), 0);
        check(unsafe { sys::actionclip_stream_push(self.get(), frame.as_ptr(), timestamp_ns, &mut outcome) })?;
        match outcome {
            sys::ACTIONCLIP_PUSH_QUEUED => Ok(Pushed::Queued),
            sys::ACTIONCLIP_PUSH_NOT_DUE => Ok(Pushed::NotDue),
            sys::ACTIONCLIP_PUSH_REPLACED => Ok(Pushed::Replaced),
            sys::ACTIONCLIP_PUSH_DROPPED => Ok(Pushed::Dropped),
            sys::ACTIONCLIP_PUSH_FULL => Ok(Pushed::Full),
            other => Err(Error::new(Status::INTERNAL, format!("push gave an unknown answer, {other}"))),
        }
    }

    /// Encodes the frames that wait, and returns how many.
    pub fn step(&self) -> Result<usize> {
        Stream::step_all(&[self], None)
    }

    /// Encodes frames that wait in streams of one model in one batch, at most `max_frames`, and returns how many.
    pub fn step_all(streams: &[&Stream], max_frames: Option<usize>) -> Result<usize> {
        if max_frames == Some(0) {
            return Ok(0);
        }
        let (handles, mut encoded) = (handles(streams), 0);
        check(unsafe {
            sys::actionclip_stream_step(handles.as_ptr(), handles.len(), max_frames.unwrap_or(0), &mut encoded)
        })?;
        Ok(encoded)
    }

    /// Waits until there is what is waited for, at most for `timeout`; None: without limit. Says whether it is there.
    pub fn wait(&self, reason: WaitFor, timeout: Option<Duration>) -> Result<bool> {
        Stream::wait_any(&[self], reason, timeout).map(|ready| ready > 0)
    }

    /// Waits until one of the streams has what is waited for, and returns how many have it.
    pub fn wait_any(streams: &[&Stream], reason: WaitFor, timeout: Option<Duration>) -> Result<usize> {
        let (handles, mut ready) = (handles(streams), 0);
        let limit = timeout.map_or(-1, nanoseconds);
        check(unsafe {
            sys::actionclip_stream_wait(handles.as_ptr(), handles.len(), reason as i32, limit, &mut ready)
        })?;
        Ok(ready)
    }

    /// Takes the next window.
    pub fn next_window(&self) -> Result<Next> {
        let mut span = sys::actionclip_window::default();
        let mut embedding = Matrix::zeros(1, self.video_size)?;
        let (capacity, mut found) = (embedding.len(), 0);
        check(unsafe {
            sys::actionclip_stream_next(self.get(), &mut span, embedding.as_mut_ptr(), capacity, &mut found)
        })?;
        match found {
            sys::ACTIONCLIP_NEXT_WINDOW => Ok(Next::Window(StreamWindow { span, embedding })),
            sys::ACTIONCLIP_NEXT_NONE => Ok(Next::Nothing),
            sys::ACTIONCLIP_NEXT_END => Ok(Next::End),
            other => Err(Error::new(Status::INTERNAL, format!("next gave an unknown answer, {other}"))),
        }
    }

    /// Takes the windows that are there, and ends where there is none now.
    pub fn windows(&self) -> impl Iterator<Item = Result<StreamWindow>> + '_ {
        std::iter::from_fn(move || match self.next_window() {
            Ok(Next::Window(window)) => Some(Ok(window)),
            Ok(_) => None,
            Err(error) => Some(Err(error)),
        })
    }

    /// Ends the input: steps make the windows that are left, and then the stream has ended.
    pub fn finish(&self) -> Result<()> {
        check(unsafe { sys::actionclip_stream_finish(self.get()) })
    }

    /// Makes the stream as new.
    pub fn reset(&self) -> Result<()> {
        check(unsafe { sys::actionclip_stream_reset(self.get()) })
    }

    /// Ends the calls of other threads, and later ones until `reset`, with `Status::CANCELLED`.
    pub fn cancel(&self) -> Result<()> {
        check(unsafe { sys::actionclip_stream_cancel(self.get()) })
    }

    /// The account of frames and windows.
    pub fn stats(&self) -> Result<StreamStats> {
        let mut stats = StreamStats::default();
        check(unsafe { sys::actionclip_stream_get_stats(self.get(), &mut stats) })?;
        Ok(stats)
    }

    /// The options as they are in use, and what they cost.
    pub fn info(&self) -> Result<StreamInfo> {
        let mut info = StreamInfo::default();
        check(unsafe { sys::actionclip_stream_get_info(self.get(), &mut info) })?;
        Ok(info)
    }

    fn get(&self) -> *mut sys::actionclip_stream {
        self.handle.get()
    }
}

/// The handles of streams as C takes them.
fn handles(streams: &[&Stream]) -> Vec<*mut sys::actionclip_stream> {
    streams.iter().map(|stream| stream.get()).collect()
}
