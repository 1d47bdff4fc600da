//! What `OutOfMemoryError`s and heap dumps show about a life.

use super::events::{YOUNG, application, first};
use super::{Fact, Observed};
use crate::events::{OomVariant, What};
use crate::incident::case::{Case, quote};
use crate::t;
use crate::text::duration;

/// An `OutOfMemoryError` of one of these kinds was written.
pub(in crate::incident) fn out_of_memory(case: &Case<'_>, variants: &[OomVariant]) -> Observed {
    let heap = variants.contains(&OomVariant::HeapSpace);
    let wanted = |what: &What| match what {
        What::OutOfMemoryError { variant, .. } => variants.contains(variant),
        other => heap && aborted(other),
    };
    let fact = first(case, wanted, |what, count| {
        let variant = match what {
            What::OutOfMemoryError { variant, .. } => *variant,
            _ => OomVariant::HeapSpace,
        };
        let words = variant.words();
        match count {
            1 => t!("OutOfMemoryError: {words}", words),
            _ => t!("OutOfMemoryError: {words}, {count} times", words, count),
        }
    });
    application(case, fact)
}

/// Whether a crash was ordered: `-XX:+CrashOnOutOfMemoryError` aborts with this error (`report_java_out_of_memory`).
pub(in crate::incident) fn aborted(what: &What) -> bool {
    matches!(what, What::JvmCrash { error, .. } if error.contains("OutOfMemory encountered"))
}

/// A heap dump was begun and not finished before the end.
pub(in crate::incident) fn dump_unfinished(case: &Case<'_>) -> Observed {
    let begun = |what: &What| matches!(what, What::HeapDumpBegun { .. });
    let finished = case
        .events_where(|what| matches!(what, What::HeapDumpFinished { .. } | What::HeapDumpFailed))
        .next();
    if finished.is_some() {
        return Observed::No;
    }
    let fact = first(case, begun, |_, _| {
        t!("a heap dump was begun and never finished")
    });
    application(case, fact)
}

/// An `OutOfMemoryError` was written at least a minute before the end: the process lived on.
pub(in crate::incident) fn out_of_memory_long_before_end(
    case: &Case<'_>,
    variants: &[OomVariant],
) -> Observed {
    let observed = out_of_memory(case, variants);
    let (Some(fact), Some(end)) = (observed.fact(), case.end()) else {
        return observed;
    };
    match fact.at {
        Some(at) if end.since(at.hi) >= YOUNG => observed,
        _ => Observed::No,
    }
}

/// `OutOfMemoryError`s came again and again for a minute or more: nothing ended the process.
pub(in crate::incident) fn out_of_memory_again(case: &Case<'_>) -> Observed {
    let error = |what: &What| matches!(what, What::OutOfMemoryError { .. });
    let found: Vec<_> = case
        .events_where(error)
        .filter(|placed| placed.at.is_some())
        .collect();
    let ends = found.first().zip(found.last());
    let span = ends.and_then(|(first, last)| Some((last, last.at?.lo.since(first.at?.hi))));
    let fact = span.filter(|(_, time)| *time >= YOUNG).map(|(last, time)| {
        let statement = t!(
            "OutOfMemoryErrors for {time}, and it lived on",
            time = duration(time)
        );
        Fact::new(last.at, statement, quote(last.event))
    });
    application(case, fact)
}

/// An `OutOfMemoryError` that nobody caught ended a thread without which no connection is accepted or read (Tomcat
/// `…-Acceptor` and `…-Poller`, Jetty `…-acceptor-…` and its selectors).
pub(in crate::incident) fn out_of_memory_ended_acceptor(case: &Case<'_>) -> Observed {
    const TAKERS: [&str; 4] = ["-Acceptor", "-Poller", "-acceptor", "-selector"];
    let error = |what: &What| matches!(what, What::OutOfMemoryError { .. });
    let found = case.events_where(error).find_map(|placed| {
        let What::OutOfMemoryError {
            thread: Some(name), ..
        } = placed.what()
        else {
            return None;
        };
        let detail = &placed.event.detail;
        let uncaught = ["UncaughtExceptionHandler", "Exception in thread"]
            .iter()
            .any(|words| detail.contains(words));
        let takes = TAKERS.iter().any(|part| name.contains(part));
        (uncaught && takes).then_some((placed, name))
    });
    let fact = found.map(|(placed, name)| {
        let statement = t!(
            "an OutOfMemoryError ended \"{name}\": no request is taken any more",
            name
        );
        Fact::new(placed.at, statement, quote(placed.event))
    });
    application(case, fact)
}
