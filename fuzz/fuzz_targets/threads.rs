//! Reads, analyses and shows arbitrary bytes as thread dumps.
#![no_main]

use diag::input::{Kind, Silent, Source};
use diag::render::{Style, html, markdown, terminal};
use diag::threads::{Options, analyse, dot};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::of("fuzz", bytes, Kind::ThreadDump);
    let report = analyse(&[&source], &Options::default(), &Silent);
    let documents = [report.document()];
    let style = Style {
        colour: true,
        width: 80,
        details: true,
    };
    terminal(&documents, style);
    markdown(&documents, "");
    html(&documents, "");
    dot(&report);
});
