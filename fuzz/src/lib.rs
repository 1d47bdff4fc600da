//! What all targets do with the report they made.

use diag::document::Document;
use diag::render::{Style, brief, html, markdown, terminal};

/// Writes a report in every form and checks what must hold for all.
pub fn show(document: Document) {
    let documents = [document];
    for (colour, details) in [(false, false), (true, true)] {
        let style = Style {
            colour,
            width: 80,
            details,
        };
        terminal(&documents, style);
    }
    assert!(markdown(&documents, "").encode_utf16().count() <= 30_000);
    assert!(brief(&documents, "").encode_utf16().count() <= 3_500);
    assert_eq!(html(&documents, "").matches("<script").count(), 1);
}
