//! Any bytes as class histograms: read, compared and shown in every form.
#![no_main]

use diag::heap::compare_histograms;
use diag::input::{Kind, Source};
use diag::render::{self, Style};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let source = Source::of("fuzz", data.to_vec(), Kind::HostSnapshot);
    let Some(report) = compare_histograms(&[&source, &source]) else {
        return;
    };
    let documents = [report.document()];
    let style = Style {
        colour: false,
        width: 100,
        details: true,
    };
    let _ = render::terminal(&documents, style);
    let _ = render::markdown(&documents, "");
    let _ = render::html(&documents, "");
});
