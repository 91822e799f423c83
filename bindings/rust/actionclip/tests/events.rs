//! Events and segments of scores.

use actionclip::{
    find_segments, suggest_thresholds, EventKind, ScoredWindows, SegmentMethod, SegmentOptions, Status, TrackMode,
    Tracker, TrackerOptions,
};

const SECOND: i64 = 1_000_000_000;

/// Windows of two seconds in which two labels take turns of four seconds.
fn windows() -> (Vec<i64>, Vec<i64>, Vec<f32>) {
    let starts: Vec<i64> = (0..64).map(|place| place * SECOND / 4).collect();
    let ends = starts.iter().map(|start| start + 2 * SECOND).collect();
    let scores = (0..64).flat_map(|place| if place / 16 % 2 == 0 { [0.9, 0.1] } else { [0.1, 0.9] }).collect();
    (starts, ends, scores)
}

#[test]
fn labels_that_take_turns_have_an_event_for_each_turn() {
    let (starts, ends, scores) = windows();
    for mode in [TrackMode::Exclusive, TrackMode::Independent] {
        let options = TrackerOptions { mode, label_thresholds: Some(vec![(0.6, 0.3); 2]), ..Default::default() };
        let tracker = Tracker::new(2, &options).unwrap();
        let mut events = Vec::new();
        for (window, row) in scores.chunks(2).enumerate() {
            tracker.push(starts[window], ends[window], row).unwrap();
            events.extend(tracker.events().unwrap());
        }
        let refused = tracker.push(starts[0], ends[0], &[0.5, 0.5]).unwrap_err();
        assert_eq!(refused.status(), Status::INVALID_ARGUMENT);
        tracker.finish().unwrap();
        events.extend(tracker.events().unwrap());
        let ended: Vec<_> = events.iter().filter(|event| event.kind == EventKind::Ended).collect();
        assert_eq!(ended.iter().map(|event| event.label).collect::<Vec<_>>(), [0, 1, 0, 1]);
        assert_eq!((ended[0].start_ns, ended[3].end_ns), (0, ends[63]));
        tracker.reset(2).unwrap();
        assert_eq!(tracker.next_event().unwrap(), None);
        assert!(tracker.reset(3).is_err());
    }
    assert!(Tracker::new(2, &TrackerOptions { off: 0.9, ..Default::default() }).is_err());
}

#[test]
fn every_decoder_finds_the_turns() {
    let (starts, ends, scores) = windows();
    let windows = ScoredWindows { starts_ns: &starts, ends_ns: &ends, scores: &scores };
    for method in [SegmentMethod::Mean, SegmentMethod::Hysteresis, SegmentMethod::Viterbi] {
        let found = find_segments(windows, &SegmentOptions::new(method)).unwrap();
        assert_eq!(found.iter().map(|segment| segment.label).collect::<Vec<_>>(), [Some(0), Some(1), Some(0), Some(1)]);
    }
    let steps = vec![(0, false), (1, false), (0, true)];
    let ordered = SegmentOptions { steps, none_score: 0.5, ..SegmentOptions::new(SegmentMethod::Ordered) };
    let found = find_segments(windows, &ordered).unwrap();
    assert_eq!(found.iter().map(|segment| segment.step).collect::<Vec<_>>(), [Some(0), Some(1), Some(2), None]);
    assert!(find_segments(ScoredWindows { ends_ns: &ends[1..], ..windows }, &ordered).is_err());
}

#[test]
fn spans_suggest_thresholds() {
    let (starts, ends, scores) = windows();
    let windows = ScoredWindows { starts_ns: &starts, ends_ns: &ends, scores: &scores };
    let spans = [(0, 0, SECOND * 39 / 8), (0, SECOND * 71 / 8, SECOND * 103 / 8)];
    let raw = TrackerOptions { half_life_ns: 0, ..Default::default() };
    let found = suggest_thresholds(windows, &spans, &raw).unwrap();
    assert_eq!(found[0].f1, 1.0);
    assert!(found[0].on > 0.1 && found[0].on < 0.9 && found[1].f1.is_nan());
}
