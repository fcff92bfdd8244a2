//! One JSON array for programs, an element a line, printed while its elements come.

use std::io::{self, Write};

use serde::Serialize;

use crate::printable;

/// How far it has come.
#[derive(Debug, Default)]
pub(crate) struct JsonArray {
    /// How many elements there are so far.
    pub(crate) count: u64,
}

impl JsonArray {
    /// Prints one more, with what a terminal would obey as escapes.
    pub(crate) fn element(
        &mut self,
        element: &impl Serialize,
        output: &mut impl Write,
    ) -> io::Result<()> {
        let before = if self.count == 0 { "[" } else { "," };
        let element = printable::json(&serde_json::to_string(element)?);
        write!(output, "{before}\n{element}")?;
        self.count += 1;
        Ok(())
    }

    /// Prints what comes after the last.
    pub(crate) fn end(&self, output: &mut impl Write) -> io::Result<()> {
        writeln!(output, "{}", if self.count == 0 { "[]" } else { "\n]" })
    }
}
