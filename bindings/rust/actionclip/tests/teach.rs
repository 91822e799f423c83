//! A classifier that learns from clips.

mod common;

use actionclip::{Classifier, FitMethod, FitOptions, Status, Video, SCALE};
use common::{file, shapes};

const LABELS: [&str; 3] = ["moving left", "growing", "zigzagging"];

#[test]
fn a_classifier_learns_from_clips() {
    let model = shapes();
    let classifier = Classifier::new(&model, &LABELS).unwrap();
    assert_eq!(classifier.fit(&FitOptions::default()).unwrap_err().status(), Status::NOT_ENOUGH_EXAMPLES);
    let folder = file("examples/lesson/zigzagging");
    for entry in std::fs::read_dir(folder).unwrap() {
        let mut video = Video::open(entry.unwrap().path()).unwrap();
        classifier.add_video("zigzagging", &mut video, (0.0, f64::INFINITY), 2, None, None).unwrap();
    }
    let mut shown = Video::open(file("examples/shapes.mp4")).unwrap();
    let left = model.encode_video_between(&mut shown, 0.0, 2.88, None).unwrap();
    classifier.add_examples("moving left", &left, Some(&[7])).unwrap();
    assert!(classifier.add_examples("moving left", &left, Some(&[1, 2])).is_err());
    assert!(classifier.add_examples("no label of it", &left, None).is_err());
    let examples = classifier.examples().unwrap();
    assert_eq!((examples.last().unwrap().clip_id, examples.last().unwrap().label), (7, 0));

    let before = classifier.label_list().unwrap();
    assert_eq!(classifier.fit(&FitOptions::default().method(FitMethod::Auto)).unwrap(), 2);
    let after = classifier.label_list().unwrap();
    let mut video = Video::open(file("examples/zigzag.mp4")).unwrap();
    let zigzag = model.encode_video(&mut video, None).unwrap();
    assert_eq!(after.ranked(after.score(&zigzag, SCALE).unwrap().values())[0].label, "zigzagging");
    let decisions = after.decide(&zigzag).unwrap();
    assert_eq!(decisions[0].label, Some(2));
    assert!(decisions[0].margin > 0.0 && (0.0..=1.0).contains(&after.reject_threshold()));
    assert_eq!(after.score_independent(&zigzag).unwrap().columns(), 3);
    assert!(after.threshold(0).is_some() && before.threshold(0).is_none());
    assert_eq!((before.generation(), after.generation()), (1, 2));

    let report = classifier.report().unwrap();
    assert_eq!(report.trials().unwrap().len(), report.info().trials as usize);
    assert_eq!(report.clips().unwrap().len(), examples.len());
    assert_eq!(report.labels().unwrap().len(), 2);
    assert_eq!(report.label_text(2), Some("zigzagging"));
    assert!(report.confusions().is_ok() && !report.reason().unwrap().is_empty());
    assert!(report.text().unwrap().contains("zigzagging"));

    let path = std::env::temp_dir().join(format!("actionclip-rust-{}.classifier", std::process::id()));
    classifier.save(&path, true).unwrap();
    let loaded = Classifier::load(&model, &path);
    std::fs::remove_file(&path).unwrap();
    assert_eq!(loaded.unwrap().score(&zigzag, SCALE).unwrap(), classifier.score(&zigzag, SCALE).unwrap());

    classifier.remove_examples(&[7]).unwrap();
    assert_eq!(classifier.remove_examples(&[7]).unwrap_err().status(), Status::INVALID_ARGUMENT);
    assert_eq!(classifier.unfit().unwrap(), classifier.label_list().unwrap().generation());
    assert_eq!(classifier.score(&zigzag, SCALE).unwrap(), before.score(&zigzag, SCALE).unwrap());
    classifier.clear_examples(None).unwrap();
    assert!(classifier.examples().unwrap().is_empty());
    classifier.set_labels(&["growing"]).unwrap();
    drop(model);
    assert_eq!(classifier.score(&zigzag, SCALE).unwrap().values(), &[1.0]);
}
