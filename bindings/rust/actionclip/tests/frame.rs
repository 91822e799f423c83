//! Frames as cameras have them go wherever images go.

mod common;

use actionclip::{
    Classifier, ColorMatrix, ColorRange, Flip, FormatNames, Frame, FrameFormat, Image, PixelFormat, Status, Stream,
};
use common::shapes;

const WIDTH: usize = 61;
const HEIGHT: usize = 35;

/// Bytes that differ from each other.
fn bytes(count: usize) -> Vec<u8> {
    (0..count).map(|index| (index * 151 % 251) as u8).collect()
}

#[test]
fn every_format_has_its_planes() {
    let (half, low) = ((WIDTH + 1) / 2, (HEIGHT + 1) / 2);
    for (name, names, format, sizes) in [
        ("bgr8", FormatNames::Ros, FrameFormat::Bgr, vec![3 * WIDTH * HEIGHT]),
        ("Y16", FormatNames::V4l2, FrameFormat::Gray16, vec![2 * WIDTH * HEIGHT]),
        ("XR24", FormatNames::Drm, FrameFormat::Bgrx, vec![4 * WIDTH * HEIGHT]),
        ("YUY2", FormatNames::GStreamer, FrameFormat::Yuyv, vec![4 * half * HEIGHT]),
        ("nv12", FormatNames::Any, FrameFormat::Nv12, vec![WIDTH * HEIGHT, 2 * half * low]),
        ("nv24", FormatNames::Ros, FrameFormat::Nv24, vec![WIDTH * HEIGHT, 2 * WIDTH * HEIGHT]),
        ("yuv420p", FormatNames::Ffmpeg, FrameFormat::I420, vec![WIDTH * HEIGHT, half * low, half * low]),
    ] {
        assert_eq!(FrameFormat::from_name(name, names).unwrap(), format, "{name}");
        let planes: Vec<Vec<u8>> = sizes.iter().map(|&size| bytes(size)).collect();
        let whole: Vec<&[u8]> = planes.iter().map(Vec::as_slice).collect();
        let frame = Frame::new(format, WIDTH, HEIGHT, &whole).unwrap();
        assert_eq!(frame.crop(32, None).unwrap().len(), 32 * 32 * 3);
        for short in 0..whole.len() {
            let mut cut = whole.clone();
            cut[short] = &cut[short][1..];
            let error = Frame::new(format, WIDTH, HEIGHT, &cut).unwrap_err();
            assert!(error.status() == Status::INVALID_ARGUMENT && error.message().starts_with("plane"), "{error}");
        }
        assert!(Frame::new(format, WIDTH, HEIGHT, &whole[1..]).is_err());
        assert!(Frame::new(format, usize::MAX, usize::MAX, &whole).is_err());
    }
    assert_eq!(
        FrameFormat::from_name("bayer_rggb8", FormatNames::Ros).unwrap_err().status(),
        Status::FORMAT_UNSUPPORTED
    );
    assert_eq!(FrameFormat::from(PixelFormat::Bgra), FrameFormat::Bgra);
}

#[test]
fn a_frame_is_the_picture_that_it_stands_for() {
    let rgb = bytes(3 * WIDTH * HEIGHT);
    let image = Image::new(&rgb, WIDTH, HEIGHT, PixelFormat::Rgb).unwrap();
    let frame = Frame::new(FrameFormat::Rgb, WIDTH, HEIGHT, &[&rgb]).unwrap();
    assert_eq!(frame.crop(32, None).unwrap(), image.crop(32, None).unwrap());
    assert_eq!(frame.pixels(32, None).unwrap(), image.pixels(32, None).unwrap());
    assert_eq!(frame.rotation(180).flip(Flip::Vertical).crop(32, None), frame.flip(Flip::Horizontal).crop(32, None));
    assert!(frame.rotation(45).crop(32, None).is_err());

    // A region is the picture that begins there, with the stride of the whole.
    let part = Image::with_stride(&rgb[3 * (WIDTH + 2)..], 40, 30, PixelFormat::Rgb, 3 * WIDTH).unwrap();
    assert_eq!(frame.region(2, 1, 40, 30).crop(32, None), part.crop(32, None));
    let strided = Frame::with_strides(FrameFormat::Rgb, 40, 30, &[&rgb[3 * (WIDTH + 2)..]], &[3 * WIDTH]).unwrap();
    assert_eq!(strided.crop(32, None), part.crop(32, None));
    assert!(frame.region(30, 1, 40, 30).crop(32, None).is_err());
    assert_eq!(frame.clamped_region(30, 1, 40, 30).crop(32, None), frame.region(30, 1, 31, 30).crop(32, None));

    let (y, uv) = (bytes(WIDTH * HEIGHT), bytes(2 * ((WIDTH + 1) / 2) * ((HEIGHT + 1) / 2)));
    let nv12 = Frame::new(FrameFormat::Nv12, WIDTH, HEIGHT, &[&y, &uv]).unwrap();
    let colors = |matrix, range| nv12.colors(matrix, range).crop(32, None).unwrap();
    assert_eq!(colors(ColorMatrix::Auto, ColorRange::Auto), colors(ColorMatrix::Bt601, ColorRange::Limited));
    assert_ne!(colors(ColorMatrix::Bt709, ColorRange::Full), colors(ColorMatrix::Bt601, ColorRange::Full));
}

#[test]
fn models_classifiers_and_streams_take_frames() {
    let model = shapes();
    let length = model.info().frames as usize;
    let pictures: Vec<Vec<u8>> = (0..length).map(|index| bytes(3 * 40 * 30 + index)[index..].to_vec()).collect();
    let images: Vec<_> = pictures.iter().map(|rgb| Image::new(rgb, 40, 30, PixelFormat::Rgb).unwrap()).collect();
    let frames: Vec<Frame<'_>> = images.iter().map(Frame::from).collect();
    let embedding = model.encode_frames(&images, None).unwrap();
    assert_eq!(model.encode_camera_frames(&frames, None).unwrap(), embedding);
    let (single, singly) =
        (model.encode_single_frames(&images, None), model.encode_single_camera_frames(&frames, None));
    assert_eq!(single.map_err(|error| error.status()), singly.map_err(|error| error.status()));

    let classifier = Classifier::new(&model, &["growing", "moving left"]).unwrap();
    classifier.add_camera_frames("growing", &frames, None, Some(7)).unwrap();
    assert_eq!(classifier.examples().unwrap()[0].clip_id, 7);

    let stream = Stream::options().stride(1).create(&model).unwrap();
    for (time, frame) in frames.iter().enumerate() {
        stream.push(frame, time as i64).unwrap();
    }
    stream.step().unwrap();
    assert_eq!(stream.windows().next().unwrap().unwrap().embedding, embedding);
}
