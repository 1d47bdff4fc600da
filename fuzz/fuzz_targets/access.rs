//! Parses, analyses and renders arbitrary bytes as an access log, and as a saved summary.
#![no_main]

use diag::access::{self, Options};
use diag::input::{Kind, Silent, Source};
use diag_fuzz::show;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let source = Source::of("fuzz.log", bytes, Kind::AccessLog);
    let report = access::analyse(&[&source], &Options::default(), &Silent);
    show(report.document());
    let _ = access::merge(&[("fuzz.dgp", bytes)]);
});
