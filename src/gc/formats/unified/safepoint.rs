//! Safepoint lines of every generation: three lines until JDK 12, one line since.

use memchr::memmem;

use crate::gc::event::Place;
use crate::gc::formats::number;
use crate::gc::run::Run;

/// What is known about the safepoint that is under way (JDK 9 to 12).
#[derive(Debug, Default)]
pub(in crate::gc) struct Pending {
    name: Vec<u8>,
}

/// Takes a safepoint line; `false` when it is none.
pub(in crate::gc) fn read(
    run: &mut Run,
    pending: &mut Pending,
    message: &[u8],
    place: Place,
) -> bool {
    if let Some(rest) = message.strip_prefix(b"Safepoint \"") {
        let Some(end) = memchr::memchr(b'"', rest) else {
            return false;
        };
        let reaching = nanos(rest, b"Reaching safepoint: ");
        let total = nanos(rest, b"Total: ");
        let (Some(reaching), Some(total)) = (reaching, total) else {
            return false;
        };
        run.safepoint(&rest[..end], reaching, total, place);
        return true;
    }
    if let Some(name) = message.strip_prefix(b"Entering safepoint region: ") {
        pending.name.clear();
        pending.name.extend_from_slice(name.trim_ascii_end());
        return true;
    }
    if let Some(rest) = message.strip_prefix(STOPPED) {
        let total = number::decimal(rest, 9);
        let reaching = memmem::find(rest, b"Stopping threads took: ")
            .and_then(|at| number::decimal(&rest[at + 23..], 9));
        let Some((total, _)) = total else {
            return false;
        };
        run.safepoint(
            &pending.name,
            reaching.map_or(0, |(nanos, _)| nanos),
            total,
            place,
        );
        pending.name.clear();
        return true;
    }
    message.starts_with(b"Leaving safepoint region") || message.starts_with(b"Application time: ")
}

const STOPPED: &[u8] = b"Total time for which application threads were stopped: ";

fn nanos(text: &[u8], label: &[u8]) -> Option<i64> {
    let at = memmem::find(text, label)?;
    let (value, _) = number::whole(&text[at + label.len()..])?;
    i64::try_from(value).ok()
}
