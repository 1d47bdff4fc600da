//! One self-contained HTML page.

use crate::document::Document;

/// The page.
pub fn html(_documents: &[Document], _footer: &str) -> String {
    String::new()
}
