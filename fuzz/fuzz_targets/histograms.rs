//! Any bytes as class histograms: read, compared and shown in every form.
#![no_main]

use diag::heap::compare_histograms;
use diag::input::{Kind, Source};
use diag_fuzz::show;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let source = Source::of("fuzz", data.to_vec(), Kind::HostSnapshot);
    let Some(report) = compare_histograms(&[&source, &source]) else {
        return;
    };
    show(report.document());
});
