//! Reads, analyses and shows arbitrary bytes as thread dumps.
#![no_main]

use diag::input::{Kind, Silent, Source};
use diag::threads::{Options, analyse, dot};
use diag_fuzz::show;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::of("fuzz", bytes, Kind::ThreadDump);
    let report = analyse(&[&source], &Options::default(), &Silent);
    show(report.document());
    dot(&report);
});
