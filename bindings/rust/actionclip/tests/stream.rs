//! Streams give the bits of videos, whichever way frames come.

mod common;

use std::thread;
use std::time::Duration;

use actionclip::{
    Image, Model, Next, Overflow, PixelFormat, Pushed, Status, Stream, StreamWindow, Video, WaitFor, WarmUp,
};
use common::{file, shapes};

const TENTH: i64 = 100_000_000;

/// The frames of a short video.
fn pictures() -> Vec<Vec<u8>> {
    let mut video = Video::open(file("examples/clip.mp4")).unwrap();
    let frames = video.read_frames(&(0..24).map(|index| index * 4).collect::<Vec<i64>>()).unwrap();
    frames.rgb.chunks_exact(frames.width * frames.height * 3).map(<[u8]>::to_vec).collect()
}

fn images(pictures: &[Vec<u8>]) -> Vec<Image<'_>> {
    pictures.iter().map(|rgb| Image::new(rgb, 224, 160, PixelFormat::Rgb).unwrap()).collect()
}

fn fill(stream: &Stream, images: &[Image<'_>]) {
    for (index, image) in images.iter().enumerate() {
        while stream.push(image, index as i64 * TENTH).unwrap() == Pushed::Full {
            stream.step().unwrap();
        }
    }
}

fn rest(stream: &Stream) -> Vec<StreamWindow> {
    stream.finish().unwrap();
    stream.step().unwrap();
    let windows = stream.windows().map(Result::unwrap).collect();
    assert!(matches!(stream.next_window().unwrap(), Next::End));
    windows
}

fn every_tenth(hop: i32) -> actionclip::StreamOptions {
    Stream::options().interval(Duration::from_millis(100)).hop(hop).queue_windows(64)
}

#[test]
fn a_window_is_a_video_of_its_frames() {
    let (model, pictures) = (shapes(), pictures());
    let (images, length) = (images(&pictures), model.info().frames as usize);
    let stream = every_tenth(3).create(&model).unwrap();
    fill(&stream, &images);
    let windows = rest(&stream);
    assert_eq!(windows.len(), (images.len() - length) / 3 + 2);
    for (index, window) in windows.iter().enumerate() {
        let end = (length + 3 * index).min(images.len());
        assert_eq!(window.embedding, model.encode_frames(&images[end - length..end], None).unwrap());
        let span = (window.span.sequence, window.span.first_push, window.span.last_push);
        assert_eq!(span, (index as i64, (end - length) as i64, end as i64 - 1));
        assert_eq!(window.span.end_ns, (end as i64 - 1) * TENTH);
        assert_eq!(window.is_tail(), index + 1 == windows.len());
        assert!(!window.is_partial() && !window.follows_gap());
    }
    let stats = stream.stats().unwrap();
    assert_eq!((stats.pushed, stats.encoded, stats.pending, stats.finished), (24, 24, 0, 1));
    let info = stream.info().unwrap();
    assert_eq!((info.hop, info.frames as usize, info.frame_interval_ns), (3, length, TENTH));
}

#[test]
fn threads_push_step_and_take() {
    let (model, pictures) = (shapes(), pictures());
    let images = images(&pictures);
    let stream = every_tenth(1).create(&model).unwrap();
    fill(&stream, &images);
    let alone = rest(&stream);
    stream.reset().unwrap();
    let together = thread::scope(|scope| {
        scope.spawn(|| {
            for (index, image) in images.iter().enumerate() {
                while stream.push(image, index as i64 * TENTH).unwrap() == Pushed::Full {
                    stream.wait(WaitFor::Room, None).unwrap();
                }
            }
            stream.finish().unwrap();
        });
        scope.spawn(|| {
            // Frames wait from the first one on until all are encoded.
            while stream.stats().unwrap().encoded < images.len() as i64 || stream.stats().unwrap().finished == 0 {
                if stream.wait(WaitFor::Step, Some(Duration::from_millis(20))).unwrap() {
                    Stream::step_all(&[&stream], Some(3)).unwrap();
                }
            }
            stream.step().unwrap();
        });
        let mut windows = Vec::new();
        loop {
            stream.wait(WaitFor::Window, None).unwrap();
            match stream.next_window().unwrap() {
                Next::Window(window) => windows.push(window.embedding),
                Next::Nothing => {}
                Next::End => return windows,
            }
        }
    });
    assert_eq!(together, alone.into_iter().map(|window| window.embedding).collect::<Vec<_>>());
}

#[test]
fn many_streams_step_in_one_batch() {
    let (model, pictures) = (shapes(), pictures());
    let images = images(&pictures[..8]);
    let streams: Vec<_> = (0..3).map(|_| every_tenth(1).create(&model).unwrap()).collect();
    drop(model);
    let all: Vec<&Stream> = streams.iter().collect();
    streams.iter().for_each(|stream| fill(stream, &images));
    assert_eq!(Stream::wait_any(&all, WaitFor::Step, Some(Duration::ZERO)).unwrap(), 3);
    assert_eq!(Stream::wait_any(&all, WaitFor::Window, Some(Duration::ZERO)).unwrap(), 0);
    assert_eq!(Stream::step_all(&all, Some(0)).unwrap(), 0);
    assert_eq!(Stream::step_all(&all, Some(5)).unwrap(), 5);
    assert_eq!(Stream::step_all(&all, None).unwrap(), 19);
    let windows: Vec<_> = streams.iter().map(rest).collect();
    assert!(windows.iter().all(|found| found.len() == 1 && found[0].embedding == windows[0][0].embedding));
    assert!(Stream::step_all(&[], None).is_err());
}

#[test]
fn a_full_queue_does_as_its_policy_says() {
    let (model, pictures) = (shapes(), pictures());
    let images = images(&pictures[..2]);
    let second = |overflow| {
        let stream = Stream::options().stride(1).queue_frames(1).overflow(overflow).create(&model).unwrap();
        assert_eq!(stream.push(&images[0], 0).unwrap(), Pushed::Queued);
        stream.push(&images[1], 1).unwrap()
    };
    assert_eq!(second(Overflow::Wait), Pushed::Full);
    assert_eq!(second(Overflow::DropNewest), Pushed::Dropped);
    assert_eq!(second(Overflow::DropOldest), Pushed::Replaced);
    assert_eq!(second(Overflow::Latest), Pushed::Replaced);
    let stream = every_tenth(1).create(&model).unwrap();
    stream.push(&images[0], 0).unwrap();
    assert_eq!(stream.push(&images[1], TENTH / 2).unwrap(), Pushed::NotDue);
}

#[test]
fn gaps_short_streams_and_mistakes() {
    let (model, pictures) = (shapes(), pictures());
    let images = images(&pictures[..3]);
    let options = every_tenth(8).gap(Some(Duration::from_secs(1))).warm_up(WarmUp::RepeatFirst);
    let stream = options.max_age(Duration::from_secs(60)).create(&model).unwrap();
    for (image, seconds) in images.iter().zip([0, 1, 3]) {
        stream.push(image, seconds * 10 * TENTH).unwrap();
    }
    let error = stream.push(&images[0], 30 * TENTH).unwrap_err();
    assert_eq!(error.status(), Status::INVALID_ARGUMENT);
    let windows = rest(&stream);
    assert_eq!(windows.iter().map(|window| window.span.last_push).collect::<Vec<_>>(), [1, 2]);
    assert!(windows.iter().all(|window| window.is_partial() && window.is_tail()) && windows[1].follows_gap());
    let stats = stream.stats().unwrap();
    assert_eq!((stats.pushed, stats.refused, stats.gaps), (4, 1, 1));

    stream.cancel().unwrap();
    assert_eq!(stream.step().unwrap_err().status(), Status::CANCELLED);
    assert_eq!(stream.push(&images[0], 0).unwrap_err().status(), Status::CANCELLED);
    stream.reset().unwrap();
    assert_eq!(stream.push(&images[0], 0).unwrap(), Pushed::Queued);
    assert!(Stream::options().hop(-1).create(&model).is_err());
    assert!(Stream::options().interval(Duration::MAX).create(&model).is_err());
    assert!(Stream::new(&model).is_ok() && options.gap(None).create(&model).is_ok());
}

#[test]
fn a_stream_has_options_of_preprocessing() {
    let (model, pictures) = (shapes(), pictures());
    let images = images(&pictures[..8]);
    let options = model.preprocess_options().unwrap().crop(actionclip::Crop::End);
    let stream = every_tenth(1).preprocess(options).create(&model).unwrap();
    fill(&stream, &images);
    assert_eq!(rest(&stream)[0].embedding, model.encode_frames(&images, Some(&options)).unwrap());
    assert!(is_shared::<Stream>() && Model::load("/no/such").is_err());
}

fn is_shared<T: Send + Sync>() -> bool {
    true
}
