//! From the scores of windows to events and segments.

use std::ptr;

use crate::choices::{EventKind, SegmentMethod, TrackMode};
use crate::error::{check, Error, Result, Status};
use crate::handle::Handle;
use crate::sys;

/// Options of a tracker. Times are in nanoseconds, 0 for none.
#[derive(Clone, Debug)]
pub struct TrackerOptions {
    /// Whether at most one label has an event at a time.
    pub mode: TrackMode,
    /// The smoothed score from which on a label starts.
    pub on: f64,
    /// The smoothed score below which it ends, at most `on`.
    pub off: f64,
    /// Lead of score over every other label that a label needs to start, where events are exclusive.
    pub margin: f64,
    /// No event is shorter.
    pub min_on_ns: i64,
    /// No gap between two events of a label is shorter.
    pub min_off_ns: i64,
    /// The time after which a score counts half.
    pub half_life_ns: i64,
    /// Longer events are split.
    pub max_event_ns: i64,
    /// The time from one report of an open event to the next.
    pub update_ns: i64,
    /// A longer hole between windows ends every event.
    pub gap_ns: i64,
    /// The index of the label that means "nothing in particular".
    pub none_label: Option<usize>,
    /// Thresholds of each label, in place of `on` and `off`.
    pub label_thresholds: Option<Vec<(f64, f64)>>,
}

impl Default for TrackerOptions {
    fn default() -> Self {
        let mut raw = unsafe { std::mem::zeroed::<sys::actionclip_tracker_options>() };
        unsafe { sys::actionclip_tracker_options_init_sized(&mut raw, std::mem::size_of_val(&raw)) };
        TrackerOptions {
            mode: TrackMode::Exclusive,
            on: raw.on,
            off: raw.off,
            margin: raw.margin,
            min_on_ns: raw.min_on_ns,
            min_off_ns: raw.min_off_ns,
            half_life_ns: raw.half_life_ns,
            max_event_ns: raw.max_event_ns,
            update_ns: raw.update_ns,
            gap_ns: raw.gap_ns,
            none_label: None,
            label_thresholds: None,
        }
    }
}

impl TrackerOptions {
    /// Runs a call with the options as C takes them.
    fn with<T>(&self, call: impl FnOnce(&sys::actionclip_tracker_options) -> Result<T>) -> Result<T> {
        let mut raw = unsafe { std::mem::zeroed::<sys::actionclip_tracker_options>() };
        unsafe { sys::actionclip_tracker_options_init_sized(&mut raw, std::mem::size_of_val(&raw)) };
        raw.mode = self.mode as i32;
        (raw.on, raw.off, raw.margin) = (self.on, self.off, self.margin);
        (raw.min_on_ns, raw.min_off_ns) = (self.min_on_ns, self.min_off_ns);
        (raw.half_life_ns, raw.max_event_ns) = (self.half_life_ns, self.max_event_ns);
        (raw.update_ns, raw.gap_ns) = (self.update_ns, self.gap_ns);
        raw.none_label = none_label(self.none_label)?;
        let thresholds = self.label_thresholds.as_deref().unwrap_or_default();
        let (on, off): (Vec<f64>, Vec<f64>) = thresholds.iter().copied().unzip();
        if self.label_thresholds.is_some() {
            (raw.label_on, raw.label_off) = (on.as_ptr(), off.as_ptr());
            raw.label_count = on.len();
        }
        call(&raw)
    }
}

/// A report on an event: a label was on from one time to another.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Event {
    /// The kind of report.
    pub kind: EventKind,
    /// The index of the label.
    pub label: usize,
    /// 0, 1, 2, ...: the same in each report of the event.
    pub number: i64,
    /// Where the event starts.
    pub start_ns: i64,
    /// Where it ends; as long as it has not, the time until which its label is known to be on.
    pub end_ns: i64,
    /// The end of the window that decided this.
    pub decided_ns: i64,
    /// The middle of the window with the largest smoothed score.
    pub peak_ns: i64,
    /// The largest smoothed score.
    pub peak: f64,
    /// The mean smoothed score of the event's windows.
    pub mean: f64,
}

/// Turns the scores of windows into events that start and end. Take the events that wait after each window.
pub struct Tracker(Handle<sys::actionclip_tracker>);

// actionclip.h: any number of threads may use a tracker, whose calls take turns.
unsafe impl Send for Tracker {}
unsafe impl Sync for Tracker {}

impl Tracker {
    /// Makes a tracker for scores of so many labels.
    pub fn new(label_count: usize, options: &TrackerOptions) -> Result<Self> {
        options.with(|raw| {
            Handle::made(|out| unsafe { sys::actionclip_tracker_create(label_count, raw, out) }).map(Tracker)
        })
    }

    /// Gives the scores of the window from `start_ns` to `end_ns`, one for each label.
    pub fn push(&self, start_ns: i64, end_ns: i64, scores: &[f32]) -> Result<()> {
        check(unsafe { sys::actionclip_tracker_push(self.0.get(), start_ns, end_ns, scores.as_ptr(), scores.len()) })
    }

    /// Takes the event that has waited longest.
    pub fn next_event(&self) -> Result<Option<Event>> {
        let mut raw = unsafe { std::mem::zeroed::<sys::actionclip_event>() };
        raw.struct_size = std::mem::size_of_val(&raw) as u32;
        let mut found = 0;
        check(unsafe { sys::actionclip_tracker_next(self.0.get(), &mut raw, &mut found) })?;
        let kind = match raw.kind {
            sys::ACTIONCLIP_EVENT_STARTED => EventKind::Started,
            sys::ACTIONCLIP_EVENT_UPDATED => EventKind::Updated,
            _ => EventKind::Ended,
        };
        Ok((found != 0).then_some(Event {
            kind,
            label: raw.label as usize,
            number: raw.number,
            start_ns: raw.start_ns,
            end_ns: raw.end_ns,
            decided_ns: raw.decided_ns,
            peak_ns: raw.peak_ns,
            peak: raw.peak,
            mean: raw.mean,
        }))
    }

    /// Takes all events that wait.
    pub fn events(&self) -> Result<Vec<Event>> {
        let mut events = Vec::new();
        while let Some(event) = self.next_event()? {
            events.push(event);
        }
        Ok(events)
    }

    /// Ends every event with the last window; then the last events wait.
    pub fn finish(&self) -> Result<()> {
        check(unsafe { sys::actionclip_tracker_finish(self.0.get()) })
    }

    /// Makes the tracker as new, for so many labels.
    pub fn reset(&self, label_count: usize) -> Result<()> {
        check(unsafe { sys::actionclip_tracker_reset(self.0.get(), label_count) })
    }
}

/// The windows of a whole file, with scores `[windows, labels]`.
#[derive(Clone, Copy, Debug)]
pub struct ScoredWindows<'a> {
    /// Where each window starts.
    pub starts_ns: &'a [i64],
    /// Where each window ends.
    pub ends_ns: &'a [i64],
    /// The scores of the first window, then of the second, and so on.
    pub scores: &'a [f32],
}

impl ScoredWindows<'_> {
    fn labels(&self) -> Result<usize> {
        let windows = self.starts_ns.len();
        if windows == 0 || self.ends_ns.len() != windows || self.scores.len() % windows != 0 {
            return Err(Error::new(
                Status::INVALID_ARGUMENT,
                "starts, ends and scores are not of equally many windows",
            ));
        }
        Ok(self.scores.len() / windows)
    }
}

/// Options of finding segments.
#[derive(Clone, Debug)]
pub struct SegmentOptions {
    /// The way to find them.
    pub method: SegmentMethod,
    /// The tracker's options, for hysteresis.
    pub tracker: TrackerOptions,
    /// For means: below its label's threshold, a mean shows no label.
    pub thresholds: Option<Vec<f64>>,
    /// Cost of each change of label, in seconds times score.
    pub change_cost: f64,
    /// The score of showing no label.
    pub none_score: f64,
    /// The least duration of a label's segment.
    pub min_duration_ns: i64,
    /// The index of the label that means no label.
    pub none_label: Option<usize>,
    /// Steps in their order: a label, and whether the step may be missing.
    pub steps: Vec<(usize, bool)>,
}

impl SegmentOptions {
    /// The default options of a method.
    pub fn new(method: SegmentMethod) -> Self {
        let mut raw = unsafe { std::mem::zeroed::<sys::actionclip_segment_options>() };
        unsafe { sys::actionclip_segment_options_init_sized(&mut raw, std::mem::size_of_val(&raw)) };
        SegmentOptions {
            method,
            tracker: TrackerOptions::default(),
            thresholds: None,
            change_cost: raw.change_cost,
            none_score: raw.none_score,
            min_duration_ns: raw.min_duration_ns,
            none_label: None,
            steps: Vec::new(),
        }
    }
}

/// A part of a file that shows a label.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Segment {
    /// Where it starts.
    pub start_ns: i64,
    /// Where it ends.
    pub end_ns: i64,
    /// The index of the label, if there is one.
    pub label: Option<usize>,
    /// The mean score of the label.
    pub score: f64,
    /// The place in the list of steps, if the segment is a step.
    pub step: Option<usize>,
}

/// Finds the segments of a whole file, by their starts.
pub fn find_segments(windows: ScoredWindows, options: &SegmentOptions) -> Result<Vec<Segment>> {
    let labels = windows.labels()?;
    if options.thresholds.as_ref().is_some_and(|thresholds| thresholds.len() != labels) {
        return Err(Error::new(Status::INVALID_ARGUMENT, "there is not one threshold for each label"));
    }
    let steps = options.steps.iter().map(|&(label, _)| index(label)).collect::<Result<Vec<i32>>>()?;
    let optional: Vec<i32> = options.steps.iter().map(|&(_, optional)| i32::from(optional)).collect();
    options.tracker.with(|tracker| {
        let mut raw = unsafe { std::mem::zeroed::<sys::actionclip_segment_options>() };
        unsafe { sys::actionclip_segment_options_init_sized(&mut raw, std::mem::size_of_val(&raw)) };
        raw.method = options.method as i32;
        raw.tracker = tracker;
        raw.thresholds = options.thresholds.as_ref().map_or(ptr::null(), |thresholds| thresholds.as_ptr());
        (raw.change_cost, raw.none_score) = (options.change_cost, options.none_score);
        raw.min_duration_ns = options.min_duration_ns;
        raw.none_label = none_label(options.none_label)?;
        (raw.steps, raw.step_count, raw.step_optional) = (steps.as_ptr(), steps.len(), optional.as_ptr());
        let mut count = 0;
        let call = |out: *mut sys::actionclip_segment, capacity: usize, count: &mut usize| {
            let (starts, ends) = (windows.starts_ns.as_ptr(), windows.ends_ns.as_ptr());
            let scores = windows.scores.as_ptr();
            check(unsafe {
                let size = windows.starts_ns.len();
                sys::actionclip_find_segments(starts, ends, scores, size, labels, &raw, out, capacity, count)
            })
        };
        call(ptr::null_mut(), 0, &mut count)?;
        let mut found = vec![unsafe { std::mem::zeroed::<sys::actionclip_segment>() }; count];
        if let Some(first) = found.first_mut() {
            first.struct_size = std::mem::size_of::<sys::actionclip_segment>() as u32;
            call(found.as_mut_ptr(), found.len(), &mut count)?;
        }
        let segment = |raw: &sys::actionclip_segment| Segment {
            start_ns: raw.start_ns,
            end_ns: raw.end_ns,
            label: usize::try_from(raw.label).ok(),
            score: raw.score,
            step: usize::try_from(raw.step).ok(),
        };
        Ok(found.iter().map(segment).collect())
    })
}

/// Thresholds of a label, and how well a tracker does with them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// The score from which on the label starts.
    pub on: f64,
    /// The score below which it ends.
    pub off: f64,
    /// The F1 of the time in events and in spans; NaN for a label without spans.
    pub f1: f64,
}

/// Suggests thresholds of each label by labelled spans: label, start and end in nanoseconds.
pub fn suggest_thresholds(
    windows: ScoredWindows,
    spans: &[(usize, i64, i64)],
    options: &TrackerOptions,
) -> Result<Vec<Thresholds>> {
    let labels = windows.labels()?;
    let span_labels = spans.iter().map(|span| index(span.0)).collect::<Result<Vec<i32>>>()?;
    let (starts, ends): (Vec<i64>, Vec<i64>) = spans.iter().map(|span| (span.1, span.2)).unzip();
    let (mut on, mut off, mut f1) = (vec![0.0; labels], vec![0.0; labels], vec![0.0; labels]);
    options.with(|raw| {
        check(unsafe {
            sys::actionclip_suggest_thresholds(
                windows.starts_ns.as_ptr(),
                windows.ends_ns.as_ptr(),
                windows.scores.as_ptr(),
                windows.starts_ns.len(),
                labels,
                span_labels.as_ptr(),
                starts.as_ptr(),
                ends.as_ptr(),
                spans.len(),
                raw,
                on.as_mut_ptr(),
                labels,
                off.as_mut_ptr(),
                labels,
                f1.as_mut_ptr(),
                labels,
            )
        })
    })?;
    Ok((0..labels).map(|label| Thresholds { on: on[label], off: off[label], f1: f1[label] }).collect())
}

fn index(label: usize) -> Result<i32> {
    i32::try_from(label).map_err(|_| Error::new(Status::INVALID_ARGUMENT, "a label's index is too large"))
}

fn none_label(label: Option<usize>) -> Result<i32> {
    label.map_or(Ok(-1), index)
}
