//! Unpacks, unwraps and recognises anything, and checks what the input room promises to all others.
#![no_main]

use diag::input::{Bundle, Kind, Lines};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|data: &[u8]| {
    let files = vec![("input".to_owned(), data.to_vec())];
    let bundle = Bundle::from_buffers(files, &diag::cli::sniffers());
    for source in &bundle.sources {
        assert!(source.kinds().next().is_some());
        assert!(source.name.starts_with("input") && !source.name.contains("/../"));
        assert_eq!(source.kind() == Kind::Empty, source.bytes.is_empty());
        let lines = Lines::new(&source.bytes).count() as u64;
        let _ = source.envelope_time(lines);
    }
});
