//! One self-contained HTML page: no request leaves it, everything is readable without scripts, and a content security
//! policy holds both.

mod block;
mod chart;
mod escape;

use std::fmt::Write;
use std::sync::LazyLock;

use sha2::{Digest, Sha256};

use super::sign;
use crate::document::Document;
use crate::t;
use crate::text::Locale;

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");

/// From this size on, pictures and details are left out.
const SOFT: usize = 2_000_000;
/// From this size on, everything is left out.
const HARD: usize = 9_500_000;

/// Only this style and this script, by their hashes; no connection, frame, form or base.
static POLICY: LazyLock<String> = LazyLock::new(|| {
    format!(
        "default-src 'none'; style-src 'sha256-{}'; img-src data:; script-src 'sha256-{}'; base-uri 'none'; form-action 'none'",
        base64(&Sha256::digest(STYLE)),
        base64(&Sha256::digest(SCRIPT)),
    )
});

/// The page.
pub fn html(documents: &[Document], footer: &str) -> String {
    let mut page = Page::default();
    for document in documents {
        page.document(document);
    }
    let title = documents.first().map_or("diag", |document| &document.title);
    let mut out = String::with_capacity(page.out.len() + STYLE.len() + SCRIPT.len() + 4096);
    // The words of the script stand in attributes, so that it has no language of its own.
    let _ = write!(
        out,
        "<!DOCTYPE html>\n<html lang=\"{language}\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"{policy}\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n<title>{title}</title>\n\
         <style>{STYLE}</style>\n</head>\n\
         <body data-copy=\"{copy}\" data-copied=\"{copied}\" data-filter=\"{filter}\" data-reset=\"{reset}\" data-hint=\"{hint}\">\n\
         <a class=\"skip\" href=\"#main\">{skip}</a>\n",
        language = Locale::current().language.tag(),
        policy = *POLICY,
        title = escape::text(title),
        copy = escape::text(&t!("Copy as Markdown")),
        copied = escape::text(&t!("Copied")),
        filter = escape::text(&t!("Filter rows")),
        reset = escape::text(&t!("Whole time")),
        hint = escape::text(&t!("Drag across a chart to zoom in")),
        skip = escape::text(&t!("Skip to the report")),
    );
    out.push_str("<div class=\"page\">\n");
    page.contents(&mut out);
    out.push_str("<main id=\"main\">\n");
    out.push_str(&page.out);
    if page.left_out > 0 {
        let note = t!(
            "{count} parts were left out to keep this page small enough to open. The JSON report has everything.",
            count = page.left_out
        );
        let _ = writeln!(out, "<p class=\"cut\">{}</p>", escape::text(&note));
    }
    let _ = write!(
        out,
        "</main>\n</div>\n<footer>{}</footer>\n<script>{SCRIPT}</script>\n</body>\n</html>\n",
        escape::text(footer)
    );
    out
}

/// The content of the page so far.
#[derive(Default)]
struct Page {
    out: String,
    /// Anchor and title of the headings for the table of contents.
    headings: Vec<(String, String)>,
    /// Title of the section begun last: a picture of the same name does not repeat it.
    section: String,
    /// Numbers for anchors and for references inside the page.
    ids: usize,
    /// Blocks left out for their size.
    left_out: u64,
}

impl Page {
    fn id(&mut self) -> String {
        self.ids += 1;
        format!("p{}", self.ids)
    }

    fn document(&mut self, document: &Document) {
        let id = self.id();
        let verdict = &document.verdict;
        let severity = verdict.severity;
        let _ = write!(
            self.out,
            "<article class=\"document\" aria-labelledby=\"{id}\">\n<h1 id=\"{id}\">{title}</h1>\n\
             <div class=\"verdict {class}\">\n<p class=\"word\"><span class=\"sign\" aria-hidden=\"true\">{sign}</span> {word}</p>\n\
             <p class=\"headline\">{headline}</p>\n",
            title = escape::text(&document.title),
            class = severity.name(),
            sign = sign(severity),
            word = severity.word(),
            headline = escape::words(&verdict.headline),
        );
        for words in &verdict.explanation {
            let _ = writeln!(self.out, "<p>{}</p>", escape::words(words));
        }
        self.out.push_str("</div>\n");
        self.headings.push((id, document.title.clone()));
        self.blocks(&document.blocks, 2);
        self.out.push_str("</article>\n");
    }

    fn contents(&self, out: &mut String) {
        let name = escape::text(&t!("Contents"));
        let _ = writeln!(out, "<nav class=\"contents\" aria-label=\"{name}\">\n<ul>");
        for (id, title) in self.headings.iter().take(60) {
            let _ = writeln!(
                out,
                "<li><a href=\"#{id}\">{}</a></li>",
                escape::text(title)
            );
        }
        out.push_str("</ul>\n</nav>\n");
    }
}

/// RFC 4648 §4.
fn base64(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let group = chunk
            .iter()
            .chain([&0, &0])
            .take(3)
            .fold(0_usize, |group, byte| group << 8 | usize::from(*byte));
        for index in 0..4 {
            out.push(match index <= chunk.len() {
                true => char::from(ALPHABET[group >> (18 - 6 * index) & 63]),
                false => '=',
            });
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_is_that_of_the_rfc() {
        let cases = [
            ("", ""),
            ("f", "Zg=="),
            ("fo", "Zm8="),
            ("foo", "Zm9v"),
            ("foob", "Zm9vYg=="),
        ];
        for (plain, coded) in cases {
            assert_eq!(base64(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_script_is_small() {
        assert!(SCRIPT.len() <= 15_000, "{}", SCRIPT.len());
    }
}
