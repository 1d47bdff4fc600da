//! CPU time of collections: did the collector's threads get the processors?

use super::event::{Cpu, Event};
use super::life::locator;
use super::report::CpuSummary;
use super::run::Run;
use crate::time::SECOND;

/// Shorter pauses say nothing: the JVM rounds CPU times to 10 ms.
const SHORTEST: i64 = SECOND / 10;

/// Sums the CPU time of pauses that are long enough; `None` when none is.
pub(super) fn summary(run: &Run, sources: &[String]) -> Option<CpuSummary> {
    let mut summary = CpuSummary {
        pauses: 0,
        user: 0,
        sys: 0,
        real: 0,
        starved: None,
        in_system: None,
    };
    let judged = |event: &Event| event.counts() && event.micros() >= SHORTEST;
    for event in run.events.iter().filter(|event| judged(event)) {
        let Some(Cpu { user, sys, .. }) = event.cpu else {
            continue;
        };
        let real = event.micros();
        summary.pauses += 1;
        summary.user += user;
        summary.sys += sys;
        summary.real += real;
        let longest = |kept: &Option<(_, i64)>| kept.as_ref().is_none_or(|(_, long)| real > *long);
        if (user + sys) * 4 < real && longest(&summary.starved) {
            summary.starved = Some((locator(sources, event.place()), real));
        }
        if sys > user && longest(&summary.in_system) {
            summary.in_system = Some((locator(sources, event.place()), real));
        }
    }
    (summary.pauses > 0).then_some(summary)
}
