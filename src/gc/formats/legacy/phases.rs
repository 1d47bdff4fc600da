//! Phases and references in logs of JDK 5 to 8.

use memchr::memmem;

use crate::gc::event::Place;
use crate::gc::formats::number;
use crate::gc::phases::Strength;
use crate::gc::run::Run;

/// Blanks in front of G1's outer phases; the inner ones have more and are parts of them.
const OUTER: usize = 3;

/// Takes an outer phase of G1: `   [Parallel Time: 1.2 ms, GC Workers: 4]`, `   [Clear CT: 0.1 ms]`.
pub(super) fn outer(run: &mut Run, line: &[u8], place: Place) {
    let text = line.trim_ascii_start();
    if line.len() - text.len() > OUTER {
        return;
    }
    let Some(inner) = text.strip_prefix(b"[") else {
        return;
    };
    let Some(colon) = memmem::find(inner, b": ") else {
        return;
    };
    if let Some((nanos, used)) = number::decimal(&inner[colon + 2..], 6)
        && inner[colon + 2 + used..].starts_with(b" ms")
    {
        run.phases.phase(&inner[..colon], nanos, place);
    }
}

/// Takes every phase of CMS in a text: `[CMS-concurrent-mark: 0.082/0.083 secs]`, CPU and elapsed seconds.
pub(super) fn concurrent(run: &mut Run, text: &[u8], place: Place) {
    for at in memmem::find_iter(text, b"[CMS-concurrent-") {
        let inner = &text[at + 1..];
        let Some(colon) = memmem::find(&inner[..inner.len().min(60)], b": ") else {
            continue;
        };
        let numbers = &inner[colon + 2..];
        if let Some((_, used)) = number::decimal(numbers, 9)
            && let Some(elapsed) = numbers[used..].strip_prefix(b"/")
            && let Some((nanos, _)) = number::decimal(elapsed, 9)
        {
            run.phases.phase(&inner[..colon], nanos, place);
        }
    }
}

/// Takes the references that a pause processed, spliced into its record: `[WeakReference, 17 refs, 0.0000090 secs]`.
pub(super) fn references(run: &mut Run, record: &[u8], place: Place) {
    let (mut total, mut any) = (0_i64, false);
    for at in memmem::find_iter(record, b"Reference, ") {
        let open = record[..at]
            .iter()
            .rposition(|&byte| byte == b'[')
            .map_or(0, |open| open + 1);
        let rest = &record[at + 11..];
        let rest = &rest[..memchr::memchr(b']', rest).unwrap_or(rest.len())];
        if let (Some(strength), Some((count, _))) =
            (Strength::of(&record[open..at]), number::whole(rest))
        {
            run.phases.found(strength, count);
        }
        if let Some(seconds) = rest.strip_suffix(b" secs")
            && let Some((nanos, _)) = number::trailing(seconds, b"", 9)
        {
            total = total.saturating_add(nanos);
            any = true;
        }
    }
    if any {
        run.phases.references(total, place);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_and_phases_are_summed() {
        let mut run = Run::new("legacy");
        let place = Place::default();
        references(
            &mut run,
            b"[GC [SoftReference, 2 refs, 0.0000100 secs]1.2: [WeakReference, 17 refs, 0.0010000 secs]1.2: [FinalReference, 3 refs, 0.0000200 secs]1.2: [PhantomReference, 1 refs, 5 refs, 0.0000300 secs][PSYoungGen: 9K->1K(10K)] 9K->1K(20K), 0.0020000 secs]",
            place,
        );
        outer(
            &mut run,
            b"   [Parallel Time: 1.5 ms, GC Workers: 4]",
            place,
        );
        outer(&mut run, b"      [Ext Root Scanning (ms): Min: 0.1]", place);
        concurrent(
            &mut run,
            b"9.1: [CMS-concurrent-mark: 0.082/0.083 secs]",
            place,
        );
        let summary = crate::gc::phases::references(&run, &[]).unwrap();
        assert_eq!((summary.count, summary.total), (1, 1060));
        let found = [summary.soft, summary.weak, summary.finals, summary.phantom];
        assert_eq!(found, [2, 17, 3, 1]);
        let phases: Vec<(String, i64)> = crate::gc::phases::phases(&run, &[])
            .into_iter()
            .map(|phase| (phase.name, phase.total))
            .collect();
        let expected = [("CMS-concurrent-mark", 83_000), ("Parallel Time", 1500)];
        assert_eq!(
            phases,
            expected.map(|(name, total)| (name.to_owned(), total))
        );
    }
}
