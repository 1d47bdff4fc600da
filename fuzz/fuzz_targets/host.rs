//! Any bytes as a source of the host room: read, judged and shown in every form.
#![no_main]

use diag::host::{Options, analyse};
use diag::input::{Kind, Silent, Source};
use diag_fuzz::show;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let source = Source::of("fuzz", data.to_vec(), Kind::HostSnapshot);
    let report = analyse(&[&source], &Options::default(), &Silent);
    show(report.document());
});
