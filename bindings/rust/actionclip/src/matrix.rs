//! Rows of numbers, which most functions take and give.

use crate::error::{Error, Result, Status};

/// Rows of numbers of one length: embeddings [rows, E], or probabilities [videos, labels].
#[derive(Clone, Debug, PartialEq)]
pub struct Matrix {
    values: Vec<f32>,
    columns: usize,
}

impl Matrix {
    /// Makes a matrix of values, row by row. Their number must be a multiple of `columns`, which is at least 1.
    pub fn new(values: Vec<f32>, columns: usize) -> Result<Self> {
        if columns == 0 || values.len() % columns != 0 {
            let message = format!("{} values make no rows of {columns}", values.len());
            return Err(Error::new(Status::INVALID_ARGUMENT, message));
        }
        Ok(Matrix { values, columns })
    }

    pub(crate) fn zeros(rows: usize, columns: usize) -> Result<Self> {
        Ok(Matrix { values: zeros(rows, columns)?, columns })
    }

    /// The length of a row.
    pub fn columns(&self) -> usize {
        self.columns
    }

    /// The number of rows.
    pub fn rows(&self) -> usize {
        self.values.len() / self.columns.max(1)
    }

    /// The row at `index`, or None beyond the last.
    pub fn row(&self, index: usize) -> Option<&[f32]> {
        self.iter().nth(index)
    }

    /// The rows in their order.
    pub fn iter(&self) -> std::slice::ChunksExact<'_, f32> {
        self.values.chunks_exact(self.columns.max(1))
    }

    /// All values, row by row.
    pub fn values(&self) -> &[f32] {
        &self.values
    }

    /// All values, row by row, without copying them.
    pub fn into_values(self) -> Vec<f32> {
        self.values
    }

    /// Refuses rows of another length than the embeddings that they are used with: C takes that length for granted.
    pub(crate) fn check_columns(&self, size: usize) -> Result<()> {
        if self.columns == size {
            return Ok(());
        }
        let message = format!("rows of {} numbers, where embeddings have {size}", self.columns);
        Err(Error::new(Status::INVALID_ARGUMENT, message))
    }

    pub(crate) fn as_mut_ptr(&mut self) -> *mut f32 {
        self.values.as_mut_ptr()
    }

    pub(crate) fn len(&self) -> usize {
        self.values.len()
    }

    pub(crate) fn as_ptr(&self) -> *const f32 {
        self.values.as_ptr()
    }
}

impl<'a> IntoIterator for &'a Matrix {
    type Item = &'a [f32];
    type IntoIter = std::slice::ChunksExact<'a, f32>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// `rows` x `columns` zeros; memory that is refused is an error.
pub(crate) fn zeros<T: Clone + Default>(rows: usize, columns: usize) -> Result<Vec<T>> {
    let refused = || Error::new(Status::OUT_OF_MEMORY, format!("out of memory: {rows} x {columns} values"));
    let count = rows.checked_mul(columns).ok_or_else(refused)?;
    let mut values = Vec::new();
    values.try_reserve_exact(count).map_err(|_| refused())?;
    values.resize(count, T::default());
    Ok(values)
}
