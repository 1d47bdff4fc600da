//! Markdown for tickets.

use crate::document::Document;

/// The text.
pub fn markdown(_documents: &[Document], _footer: &str) -> String {
    String::new()
}
