//! Where a W3C log begins anew: IIS writes its block of directives when it opens the log, so a block in the middle of a file
//! means that HTTP.sys or the worker was restarted, or that the logged fields were changed.
//! Source: Microsoft, "W3C Logging"; W3C WD-logfile-960323, `#Date`.

use super::LogStart;
use super::scalar::Clock;
use crate::finding::Locator;
use crate::input::Lines;
use crate::time::Instant;

/// Blocks noted in a file; a log that begins anew more often than that is no log of a server.
const NOTED: usize = 200;

/// The blocks of directives after the first one, given where the text under each begins.
pub(super) fn find(text: &[u8], name: &str, sections: &[usize]) -> Vec<LogStart> {
    let mut out = Vec::new();
    let (mut line, mut counted) = (1_u64, 0);
    for from in sections.iter().skip(1).take(NOTED) {
        // The block is the run of directives that ends here; the first of its lines stands for it.
        let mut begin = *from;
        while let Some(before) = text[..begin].strip_suffix(b"\n") {
            let start = memchr::memrchr(b'\n', before).map_or(0, |at| at + 1);
            if before.get(start) != Some(&b'#') {
                break;
            }
            begin = start;
        }
        line += memchr::memchr_iter(b'\n', &text[counted..begin]).count() as u64;
        counted = begin;
        let block = Lines::new(&text[begin..*from]).map(|line| line.text);
        let stamp = block
            .filter_map(|text| text.strip_prefix(b"#Date: "))
            .find_map(|text| Clock::default().iso(text.trim_ascii()));
        out.push(LogStart {
            at: stamp.map(|at| Instant(at.micros)),
            locator: Locator::line(name, line),
        });
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_block_in_the_middle_is_a_beginning() {
        let text = b"#Software: IIS\r\n#Fields: date time\r\na\r\n#Software: IIS\r\n#Date: 2026-11-22 01:02:03\r\n#Fields: date time\r\nb\r\n";
        let sections: Vec<usize> = memchr::memmem::find_iter(text, b"#Fields")
            .map(|at| at + b"#Fields: date time\r\n".len())
            .collect();
        let starts = find(text, "x.log", &sections);
        assert_eq!(starts.len(), 1);
        assert_eq!(starts[0].locator, Locator::line("x.log", 4));
        assert_eq!(
            starts[0].at.map(|at| at.rfc3339()),
            Some("2026-11-22T01:02:03Z".to_owned())
        );
    }
}
