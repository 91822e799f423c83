//! Weights of templates.

mod common;

use actionclip::{
    fit_template_weights, fit_template_weights_unlabelled, pool_templates, reference_templates, Matrix, TooLong, Video,
    SCALE,
};
use common::{file, shapes};

#[test]
fn templates_get_weights() {
    assert_eq!(reference_templates().unwrap().len(), 16);
    assert!(pool_templates().unwrap().iter().all(|template| template.matches("{}").count() == 1));
    let model = shapes();
    let mut video = Video::open(file("examples/shapes.mp4")).unwrap();
    let mut values = model.encode_video_between(&mut video, 0.0, 2.88, None).unwrap().into_values();
    values.extend(model.encode_video_between(&mut video, 2.88, 5.76, None).unwrap().into_values());
    let videos = Matrix::new(values, model.embedding_size()).unwrap();
    let templates = ["a video of {}", "{}", "something that is {}"];
    let texts = model.encode_labels(&["moving left", "growing"], Some(&templates), TooLong::Error).unwrap();
    let (weights, report) = fit_template_weights(&videos, &[0, 1], None, &texts, 2, SCALE, None).unwrap();
    let sum: f32 = weights.iter().sum();
    assert!(weights.len() == 3 && (sum - 1.0).abs() < 1e-5 && report.kept > 0);
    assert_eq!(fit_template_weights_unlabelled(&videos, &texts, 2, SCALE).unwrap().len(), 3);
    assert!(fit_template_weights(&videos, &[0], None, &texts, 2, SCALE, None).is_err());
    assert!(fit_template_weights(&videos, &[0, 1], Some(&[1]), &texts, 2, SCALE, None).is_err());
    assert!(fit_template_weights_unlabelled(&videos, &texts, 4, SCALE).is_err());
    assert!(fit_template_weights_unlabelled(&videos, &texts, 0, SCALE).is_err());
}
