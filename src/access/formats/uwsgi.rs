//! uWSGI request lines: `[pid: …|app: …|req: …] client (user) {…} [asctime] METHOD path => generated N bytes in N msecs (…)`.
//! The stamp is the arrival of the request (uWSGI `core/logging.c`, `log_request`).

use super::{Family, Layout, elements, fixed};
use crate::access::pattern::Element;
use crate::access::{DurationUnit, StampMeaning};

pub(super) const FAMILY: Family = Family { propose };

fn propose(lines: &[&[u8]]) -> Vec<Layout> {
    if !lines.iter().any(|line| line.starts_with(b"[pid: ")) {
        return Vec::new();
    }
    [
        ("msecs", DurationUnit::Millis),
        ("micros", DurationUnit::Micros),
    ]
    .map(|(word, unit)| {
        let mut parts = elements("[pid: {-}] {client} ({-}) ");
        parts.push(Element::Text(b"{".to_vec()));
        parts.extend(elements("{-}"));
        parts.push(Element::Text(b"} [".to_vec()));
        parts.extend(elements(
            "{asctime}] {method} {target} => generated {bytes} bytes in {took} ",
        ));
        parts.push(Element::Text(word.as_bytes().to_vec()));
        parts.extend(elements(" (HTTP/{-} {status}) {-}"));
        fixed("uWSGI", &parts, Some(unit), Some(StampMeaning::Start))
    })
    .into()
}
