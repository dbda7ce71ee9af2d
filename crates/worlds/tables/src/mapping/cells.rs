//! A row as cells of text.

use crate::fault::Fault;

/// Most columns of a row; more are an error.
const COLUMNS_MAX: usize = 8_192;

/// Where the cells of the row at hand are; kept from row to row.
#[derive(Debug, Default)]
pub(crate) struct Cells {
    ranges: Vec<(u32, u32)>,
}

/// The cells of one row, lent.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'a> {
    text: &'a [u8],
    ranges: &'a [(u32, u32)],
}

impl Cells {
    /// Finds the cells of a line. A cell in double quotes may hold the delimiter.
    pub(crate) fn split(&mut self, text: &[u8], delimiter: u8) -> Result<(), Fault> {
        self.ranges.clear();
        let quoted = memchr::memchr(b'"', text).is_some();
        let mut start = 0;
        loop {
            let rest = &text[start..];
            let (skip, end) = if quoted && rest.first() == Some(&b'"') {
                let close = memchr::memchr(b'"', &rest[1..])
                    .ok_or_else(|| Fault::field("line", "a closing quote", rest))?;
                (1, close + 1)
            } else {
                (0, rest.iter().position(|&c| c == delimiter).unwrap_or(rest.len()))
            };
            if self.ranges.len() == COLUMNS_MAX {
                return Err(Fault::field("line", format!("at most {COLUMNS_MAX} columns"), text));
            }
            self.push(start + skip, start + end);
            let after = start + end + skip;
            match text.get(after) {
                None => return Ok(()),
                Some(&c) if c == delimiter => start = after + 1,
                Some(_) => return Err(Fault::field("line", "a delimiter after a closing quote", rest)),
            }
        }
    }
    pub(crate) fn clear(&mut self) {
        self.ranges.clear();
    }
    /// Adds a cell by its place in the text (a line or batch below 4 GiB).
    pub(crate) fn push(&mut self, start: usize, end: usize) {
        self.ranges.push((start as u32, end as u32));
    }
    /// The cells of this text.
    pub(crate) fn of<'a>(&'a self, text: &'a [u8]) -> Row<'a> {
        Row { text, ranges: &self.ranges }
    }
}

impl<'a> Row<'a> {
    /// The cell at this place, without blanks around it.
    #[inline]
    pub(crate) fn get(&self, at: usize) -> Option<&'a [u8]> {
        let &(start, end) = self.ranges.get(at)?;
        Some(self.text[start as usize..end as usize].trim_ascii())
    }
    /// How many cells there are.
    #[inline]
    pub(crate) fn len(&self) -> usize {
        self.ranges.len()
    }
    /// All cells.
    pub(crate) fn all(&self) -> Vec<&'a [u8]> {
        (0..self.ranges.len()).filter_map(|at| self.get(at)).collect()
    }
}
