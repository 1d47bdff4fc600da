//! Reads any bytes as a heap dump, analyses them and renders the report.
#![no_main]

use diag::heap::{self, Options, RetainedAs};
use diag::input::{Kind, Silent, Source};
use diag::render;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::of("fuzz.hprof", bytes, Kind::HeapDump);
    for retained_as in [RetainedAs::Collector, RetainedAs::Mat] {
        let options = Options {
            retained_as,
            ..Options::default()
        };
        let report = heap::analyse(&source, &options, &Silent);
        let documents = [report.document()];
        let style = render::Style {
            colour: false,
            width: 100,
            details: true,
        };
        render::terminal(&documents, style);
        render::markdown(&documents, "");
        render::html(&documents, "");
    }
});
