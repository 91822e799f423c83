//! Images in memory, and how they become the network's input.

use std::fmt;
use std::marker::PhantomData;
use std::ptr;

use crate::choices::{Crop, PixelFormat, Resize};
use crate::error::{check, narrow, Error, Result, Status};
use crate::matrix::zeros;
use crate::sys;

/// An 8-bit image in memory that is borrowed.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Image<'a> {
    raw: sys::actionclip_image,
    data: PhantomData<&'a [u8]>,
}

// An image is a shared borrow of bytes.
unsafe impl Send for Image<'_> {}
unsafe impl Sync for Image<'_> {}

impl<'a> Image<'a> {
    /// Makes an image whose rows lie one after the other.
    pub fn new(data: &'a [u8], width: usize, height: usize, format: PixelFormat) -> Result<Self> {
        Image::with_stride(data, width, height, format, width.saturating_mul(bytes_per_pixel(format)))
    }

    /// Makes an image whose rows begin `stride` bytes after each other.
    pub fn with_stride(
        data: &'a [u8],
        width: usize,
        height: usize,
        format: PixelFormat,
        stride: usize,
    ) -> Result<Self> {
        let row = width.checked_mul(bytes_per_pixel(format));
        let needed = row.and_then(|row| stride.checked_mul(height.saturating_sub(1))?.checked_add(row));
        if row.map_or(true, |row| stride < row) || needed.map_or(true, |needed| needed > data.len()) {
            let message =
                format!("{} bytes hold no image of {width} x {height} pixels with a stride of {stride}", data.len());
            return Err(Error::new(Status::INVALID_ARGUMENT, message));
        }
        let raw = sys::actionclip_image {
            data: data.as_ptr(),
            row_stride: narrow(stride, "a stride")?,
            width: narrow(width, "a width")?,
            height: narrow(height, "a height")?,
            pixel_format: format as i32,
            reserved: 0,
        };
        Ok(Image { raw, data: PhantomData })
    }

    /// The width in pixels.
    pub fn width(&self) -> usize {
        self.raw.width as usize
    }

    /// The height in pixels.
    pub fn height(&self) -> usize {
        self.raw.height as usize
    }

    /// The image as a frame, as streams take it.
    pub(crate) fn frame(&self) -> sys::actionclip_frame {
        let mut frame = sys::actionclip_frame {
            pixel_format: self.raw.pixel_format,
            width: self.raw.width,
            height: self.raw.height,
            ..Default::default()
        };
        frame.planes[0] = self.raw.data;
        frame.strides[0] = self.raw.row_stride;
        frame
    }

    /// Resizes and crops the image to [size, size, 3] bytes of RGB.
    pub fn crop(&self, size: usize, options: Option<&PreprocessOptions>) -> Result<Vec<u8>> {
        let mut out = zeros(size.saturating_mul(size), 3)?;
        let size = narrow(size, "the size of a crop")?;
        check(unsafe { sys::actionclip_preprocess_crop(&self.raw, size, raw(options), out.as_mut_ptr(), out.len()) })?;
        Ok(out)
    }

    /// Resizes, crops and normalises the image to [3, size, size] floats.
    pub fn pixels(&self, size: usize, options: Option<&PreprocessOptions>) -> Result<Vec<f32>> {
        let mut out = zeros(size.saturating_mul(size), 3)?;
        let size = narrow(size, "the size of a crop")?;
        check(unsafe {
            sys::actionclip_preprocess_pixels(&self.raw, size, raw(options), out.as_mut_ptr(), out.len())
        })?;
        Ok(out)
    }
}

impl fmt::Debug for Image<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Image({} x {})", self.width(), self.height())
    }
}

/// The images as C takes them: `Image` has the layout of the C struct.
pub(crate) fn pointer(images: &[Image<'_>]) -> *const sys::actionclip_image {
    images.as_ptr().cast()
}

fn bytes_per_pixel(format: PixelFormat) -> usize {
    match format {
        PixelFormat::Gray => 1,
        PixelFormat::Rgb | PixelFormat::Bgr => 3,
        PixelFormat::Rgba | PixelFormat::Bgra => 4,
    }
}

/// Options of turning an image into the network's input. `Model::preprocess_options` gives a model's own.
#[derive(Clone, Copy, Debug)]
pub struct PreprocessOptions(pub(crate) sys::actionclip_preprocess_options);

impl Default for PreprocessOptions {
    /// The reference's resize, the centre crop, and CLIP's mean and standard deviation.
    fn default() -> Self {
        PreprocessOptions(Default::default())
    }
}

impl PreprocessOptions {
    /// Sets the way to resize.
    pub fn resize(mut self, resize: Resize) -> Self {
        self.0.resize = resize as i32;
        self
    }

    /// Sets the part of the resized image that is taken.
    pub fn crop(mut self, crop: Crop) -> Self {
        self.0.crop = crop as i32;
        self
    }

    /// Sets the resized short side in pixels, at least the network's input side; 0: as the way to resize says.
    pub fn short_side(mut self, pixels: i32) -> Self {
        self.0.short_side = pixels;
        self
    }

    /// Sets mean and standard deviation of red, green and blue on the 0..1 scale.
    pub fn normalise(mut self, mean: [f32; 3], std: [f32; 3]) -> Self {
        self.0.mean = mean;
        self.0.std = std;
        self
    }
}

/// Options as C takes them, NULL for None.
pub(crate) fn raw(options: Option<&PreprocessOptions>) -> *const sys::actionclip_preprocess_options {
    options.map_or(ptr::null(), |options| &options.0)
}
