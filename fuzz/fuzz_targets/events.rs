//! Any bytes as a source of the events room: read, judged and shown in every form.
#![no_main]

use diag::events::{Options, analyse};
use diag::input::{Kind, Silent, Source};
use diag_fuzz::show;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let source = Source::of("fuzz", data.to_vec(), Kind::Events);
    let report = analyse(&[&source], &Options::default(), &Silent);
    show(report.document());
});
