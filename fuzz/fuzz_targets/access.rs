//! Parses, analyses and renders arbitrary bytes as an access log, and as a saved summary.
#![no_main]

use diag::access::{self, Options};
use diag::input::{Kind, Silent, Source};
use diag::render::{self, Style};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::of("fuzz.log", bytes, Kind::AccessLog);
    let report = access::analyse(&[&source], &Options::default(), &Silent);
    let documents = [report.document()];
    let style = Style {
        colour: false,
        width: 100,
        details: true,
    };
    let _ = render::terminal(&documents, style);
    let _ = render::markdown(&documents, "");
    let _ = render::html(&documents, "");
    let _ = access::merge(&[("fuzz.dgp", bytes)]);
});
