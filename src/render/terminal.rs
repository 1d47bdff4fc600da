//! Text for a terminal or a pipe.

use crate::document::Document;

/// How the terminal is used.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Escape codes for colour.
    pub colour: bool,
    /// Columns available.
    pub width: usize,
    /// Show sections marked as detail.
    pub details: bool,
}

/// The text.
pub fn terminal(_documents: &[Document], _style: Style) -> String {
    String::new()
}
