//! Frames as cameras have them: planes in memory, with their colours, a turn and a region.

use std::fmt;
use std::marker::PhantomData;

use crate::choices::{ColorMatrix, ColorRange, Flip, FormatNames, FrameFormat, PixelFormat};
use crate::error::{check, narrow, Error, Result, Status};
use crate::image::{raw, Image, PreprocessOptions};
use crate::matrix::zeros;
use crate::sys;
use crate::text::c_string;

/// A camera's frame in memory that is borrowed: `Frame::new(FrameFormat::Nv12, 1280, 720, &[y, uv])?`.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Frame<'a> {
    raw: sys::actionclip_frame,
    data: PhantomData<&'a [u8]>,
}

// A frame is a shared borrow of bytes.
unsafe impl Send for Frame<'_> {}
unsafe impl Sync for Frame<'_> {}

impl<'a> Frame<'a> {
    /// Makes a frame of a format's planes, whose rows lie one after the other.
    pub fn new(format: FrameFormat, width: usize, height: usize, planes: &[&'a [u8]]) -> Result<Self> {
        let rows = plane_rows(format, width, height);
        Frame::made(format, (width, height), planes, &rows, &rows.iter().map(|row| row.0).collect::<Vec<_>>())
    }

    /// Makes a frame whose rows begin `strides` bytes after each other, a number for each plane.
    pub fn with_strides(
        format: FrameFormat,
        width: usize,
        height: usize,
        planes: &[&'a [u8]],
        strides: &[usize],
    ) -> Result<Self> {
        Frame::made(format, (width, height), planes, &plane_rows(format, width, height), strides)
    }

    /// Checks that each plane has its rows.
    fn made(
        format: FrameFormat,
        (width, height): (usize, usize),
        planes: &[&'a [u8]],
        rows: &[(usize, usize)],
        strides: &[usize],
    ) -> Result<Self> {
        let refused = |message| Err(Error::new(Status::INVALID_ARGUMENT, message));
        if planes.len() != rows.len() || strides.len() != rows.len() {
            let (planes, strides, rows) = (planes.len(), strides.len(), rows.len());
            return refused(format!("{planes} planes and {strides} strides; {format:?} has {rows} planes"));
        }
        let mut raw = sys::actionclip_frame {
            pixel_format: format as i32,
            width: narrow(width, "a width")?,
            height: narrow(height, "a height")?,
            ..Default::default()
        };
        for (index, ((plane, &(bytes, count)), &stride)) in planes.iter().zip(rows).zip(strides).enumerate() {
            let needed = stride.checked_mul(count.saturating_sub(1)).and_then(|last| last.checked_add(bytes));
            if stride < bytes || needed.map_or(true, |needed| needed > plane.len()) {
                let has = plane.len();
                return refused(format!(
                    "plane {index} has {has} bytes; {count} rows of {bytes} with a stride of {stride} need more"
                ));
            }
            raw.planes[index] = plane.as_ptr();
            raw.strides[index] = narrow(stride, "a stride")?;
        }
        Ok(Frame { raw, data: PhantomData })
    }

    /// States the matrix and the range of Y, U and V, which are a guess otherwise.
    pub fn colors(mut self, matrix: ColorMatrix, range: ColorRange) -> Self {
        (self.raw.matrix, self.raw.range) = (matrix as i32, range as i32);
        self
    }

    /// Turns the picture clockwise by 0, 90, 180 or 270 degrees, so that it is upright.
    pub fn rotation(mut self, degrees: i32) -> Self {
        self.raw.rotation = degrees;
        self
    }

    /// Mirrors the turned picture.
    pub fn flip(mut self, flip: Flip) -> Self {
        self.raw.flip = flip as i32;
        self
    }

    /// Takes a part of the upright picture: left, top, width and height in pixels. Partly outside it is an error.
    pub fn region(mut self, x: i32, y: i32, width: i32, height: i32) -> Self {
        (self.raw.region_x, self.raw.region_y) = (x, y);
        (self.raw.region_width, self.raw.region_height) = (width, height);
        self
    }

    /// Takes a part of the upright picture as `region` does, and cuts it at the picture's edges.
    pub fn clamped_region(self, x: i32, y: i32, width: i32, height: i32) -> Self {
        let mut cut = self.region(x, y, width, height);
        cut.raw.region_clamp = sys::ACTIONCLIP_ON;
        cut
    }

    /// Resizes and crops the frame to [size, size, 3] bytes of RGB.
    pub fn crop(&self, size: usize, options: Option<&PreprocessOptions>) -> Result<Vec<u8>> {
        let mut out = zeros(size.saturating_mul(size), 3)?;
        let size = narrow(size, "the size of a crop")?;
        check(unsafe {
            sys::actionclip_preprocess_crop_camera_frame(&self.raw, size, raw(options), out.as_mut_ptr(), out.len())
        })?;
        Ok(out)
    }

    /// Resizes, crops and normalises the frame to [3, size, size] floats.
    pub fn pixels(&self, size: usize, options: Option<&PreprocessOptions>) -> Result<Vec<f32>> {
        let mut out = zeros(size.saturating_mul(size), 3)?;
        let size = narrow(size, "the size of a crop")?;
        check(unsafe {
            sys::actionclip_preprocess_pixels_camera_frame(&self.raw, size, raw(options), out.as_mut_ptr(), out.len())
        })?;
        Ok(out)
    }

    /// The frame as C takes it.
    pub(crate) fn as_ptr(&self) -> *const sys::actionclip_frame {
        &self.raw
    }
}

impl fmt::Debug for Frame<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Frame({} x {})", self.raw.width, self.raw.height)
    }
}

impl<'a> From<&Frame<'a>> for Frame<'a> {
    fn from(frame: &Frame<'a>) -> Self {
        *frame
    }
}

impl<'a> From<&Image<'a>> for Frame<'a> {
    fn from(image: &Image<'a>) -> Self {
        Frame { raw: image.frame(), data: PhantomData }
    }
}

/// The frames as C takes them: `Frame` has the layout of the C struct.
pub(crate) fn frame_pointer(frames: &[Frame<'_>]) -> *const sys::actionclip_frame {
    frames.as_ptr().cast()
}

/// The bytes of a row and the number of rows of each plane. Of numbers that overflow no plane has enough.
fn plane_rows(format: FrameFormat, width: usize, height: usize) -> Vec<(usize, usize)> {
    let (half, half_rows) = (width / 2 + width % 2, height / 2 + height % 2);
    let whole = |bytes: usize| (width.saturating_mul(bytes), height);
    match format {
        FrameFormat::Gray => vec![whole(1)],
        FrameFormat::Gray16 => vec![whole(2)],
        FrameFormat::Rgb | FrameFormat::Bgr => vec![whole(3)],
        FrameFormat::Rgba | FrameFormat::Bgra | FrameFormat::Rgbx | FrameFormat::Bgrx => vec![whole(4)],
        FrameFormat::Yuyv | FrameFormat::Uyvy => vec![(half.saturating_mul(4), height)],
        FrameFormat::Nv12 | FrameFormat::Nv21 => vec![whole(1), (half.saturating_mul(2), half_rows)],
        FrameFormat::I420 | FrameFormat::Yv12 => vec![whole(1), (half, half_rows), (half, half_rows)],
        FrameFormat::Nv24 => vec![whole(1), whole(2)],
    }
}

impl FrameFormat {
    const ALL: [FrameFormat; 15] = [
        FrameFormat::Rgb,
        FrameFormat::Bgr,
        FrameFormat::Rgba,
        FrameFormat::Bgra,
        FrameFormat::Gray,
        FrameFormat::Rgbx,
        FrameFormat::Bgrx,
        FrameFormat::Gray16,
        FrameFormat::Nv12,
        FrameFormat::Nv21,
        FrameFormat::I420,
        FrameFormat::Yv12,
        FrameFormat::Nv24,
        FrameFormat::Yuyv,
        FrameFormat::Uyvy,
    ];

    /// Finds the format that a name stands for, such as ROS's "yuv422_yuy2". A format that is known and not taken, such
    /// as a Bayer mosaic, is an error that says what to do.
    pub fn from_name(name: &str, names: FormatNames) -> Result<Self> {
        let (name, mut number) = (c_string(name)?, 0);
        check(unsafe { sys::actionclip_pixel_format_from_name(name.as_ptr(), names as i32, &mut number) })?;
        let found = FrameFormat::ALL.into_iter().find(|&format| format as i32 == number);
        found.ok_or_else(|| Error::new(Status::INTERNAL, format!("a name gave an unknown format, {number}")))
    }
}

impl From<PixelFormat> for FrameFormat {
    fn from(format: PixelFormat) -> Self {
        match format {
            PixelFormat::Rgb => FrameFormat::Rgb,
            PixelFormat::Bgr => FrameFormat::Bgr,
            PixelFormat::Rgba => FrameFormat::Rgba,
            PixelFormat::Bgra => FrameFormat::Bgra,
            PixelFormat::Gray => FrameFormat::Gray,
        }
    }
}
