//! Lines about phases (`gc,phases`, concurrent phases) and about references (`gc,ref`, `gc,phases,ref`).
//!
//! Debug logs nest phases by indentation; only the outer ones are taken, because the inner ones are parts of them.

use memchr::memmem;

use crate::gc::event::Place;
use crate::gc::formats::number;
use crate::gc::phases::Strength;
use crate::gc::run::Run;

/// One blank after the number of the collection, and two that G1 puts before its outer phases.
const OUTER: usize = 3;

/// JDK 17 names the strength and counts on the following lines.
#[derive(Debug, Default)]
pub(super) struct Current(Option<Strength>);

/// Takes what a line says. `indent` counts the blanks between the number of the collection and the text. All lines of
/// these tags that say nothing here are detail.
pub(super) fn read(run: &mut Run, current: &mut Current, indent: usize, body: &[u8], place: Place) {
    // Half of a debug log are lines about parts of phases; of those only references are told: Reference Processing,
    // Soft, Weak, Final, Phantom, Discovered.
    if indent > OUTER && !matches!(body.first(), Some(b'R' | b'S' | b'W' | b'F' | b'P' | b'D')) {
        return;
    }
    if body.ends_with(b"ms") {
        timed(run, indent, body, place);
    } else if memmem::find(body, b"iscovered").is_some() {
        found(run, current, body);
    } else if let Some(strength) = Strength::of(body) {
        current.0 = Some(strength);
        z_references(run, strength, body);
    }
}

fn timed(run: &mut Run, indent: usize, body: &[u8], place: Place) {
    // With a colon the JVM sums up the processing of references of one collection, at whatever depth.
    let is_references = body.starts_with(b"Reference Processing: ");
    if indent > OUTER && !is_references {
        return;
    }
    let Some((nanos, name)) = number::trailing(body, b"ms", 6) else {
        return;
    };
    let name = name.strip_suffix(b":").unwrap_or(name);
    if is_references
        || name.starts_with(b"Concurrent Process Non-Strong")
        || name.eq_ignore_ascii_case(b"Concurrent weak references")
    {
        run.phases.references(nanos, place);
    }
    // A cycle holds its phases; their sum is counted already.
    if indent <= OUTER && !name.ends_with(b"Cycle") && !is_references {
        run.phases.phase(name, nanos, place);
    }
}

fn found(run: &mut Run, current: &Current, body: &[u8]) {
    let count_after = |text: &[u8], label: &[u8]| {
        let at = memmem::find(text, label)? + label.len();
        number::whole(text[at..].trim_ascii_start()).map(|(count, _)| count)
    };
    // JDK 17: `Discovered: 6410` below `WeakReference:`.
    if let Some(text) = body.strip_prefix(b"Discovered: ") {
        if let (Some(strength), Some((count, _))) = (current.0, number::whole(text)) {
            run.phases.found(strength, count);
        }
        return;
    }
    // Shenandoah: `Discovered  references: Soft: 1, Weak: 2, Final: 3, Phantom: 4`.
    if body.starts_with(b"Discovered ") {
        for label in [b"Soft: ".as_slice(), b"Weak: ", b"Final: ", b"Phantom: "] {
            if let (Some(strength), Some(count)) = (Strength::of(label), count_after(body, label)) {
                run.phases.found(strength, count);
            }
        }
        return;
    }
    let Some(strength) = Strength::of(body) else {
        return;
    };
    // JDK 21 and later: `WeakReference Discovered: 12526, Dropped: 2, Processed: 12524`.
    if let Some(count) = count_after(body, b"Discovered: ") {
        run.phases.found(strength, count);
    } else if let Some(end) = memmem::find(body, b" discovered") {
        // ZGC: `Weak: 301 encountered, 105 discovered, 0 enqueued`.
        let digits = body[..end]
            .iter()
            .rposition(|byte| !byte.is_ascii_digit())
            .map_or(0, |at| at + 1);
        if let Some((count, _)) = number::whole(&body[digits..end]) {
            run.phases.found(strength, count);
        }
    }
}

/// Generational ZGC: `Weak References:   301   105   0` (encountered, discovered, enqueued).
fn z_references(run: &mut Run, strength: Strength, body: &[u8]) {
    let Some(at) = memmem::find(body, b" References:") else {
        return;
    };
    let mut columns = body[at + 12..]
        .split(u8::is_ascii_whitespace)
        .filter(|column| !column.is_empty());
    if let Some((count, _)) = columns.nth(1).and_then(number::whole) {
        run.phases.found(strength, count);
    }
}
