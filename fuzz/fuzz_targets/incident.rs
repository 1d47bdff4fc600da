//! A bundle of up to four files of any kind: recognised, analysed, joined, rendered.

#![no_main]

use diag::input::{Bundle, Silent};
use diag::report::{Envelope, Report};
use diag_fuzz::show;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let mut files: Vec<(String, Vec<u8>)> = Vec::new();
    // 0xFF separates files: it occurs in no text.
    for (index, part) in data.split(|byte| *byte == 0xff).take(4).enumerate() {
        files.push((format!("file-{index}"), part.to_vec()));
    }
    let bundle = Bundle::from_buffers(files, &diag::cli::sniffers());
    let report = diag::incident::analyse(&bundle, &Silent);
    let report = Report::Incident(Box::new(report));
    if let Ok((envelope, _)) =
        Envelope::seal(report, "UTC", diag::document::redact::Profile::Ticket)
    {
        for document in envelope.report.documents() {
            show(document);
        }
    }
});
