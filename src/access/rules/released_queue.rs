//! Nothing ended for some seconds, then everything at once: a vertical line on the response-time map.

use crate::access::model::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::t;
use crate::text::{count, duration};
use crate::time::{Instant, Moment};

pub(super) struct ReleasedQueue;

static META: RuleMeta = RuleMeta {
    id: "access/released-queue",
    title: "A queue was released at once",
    severity: Severity::Medium,
    means: "Requests arrived but none ended, and then all of them ended in the same second: something held every thread, and \
            let go. A stop-the-world pause, a lock, a connection pool or a backend that hung.",
    detected: "On cells of the time axis (one second while the log is shorter than about a day): at least two cells in a row \
               with at most a fifth of the usual ends (median of 30 cells on either side, at least 2), then a cell with at \
               least three times the usual and at least ten, whose longest request is as old as the stall.",
    advice: "Look in the GC log for a pause that ends in this second; without one, a thread dump of the stall shows what was \
             held.",
    false_positives: "A client that sends its requests in bursts and waits for each; a load test.",
    sources: &["Gregg, Latency heat maps (queue.acm.org, 2010)"],
};

/// Cells on either side that say what is usual.
const AROUND: usize = 30;

/// A stall and the cell that ends it.
struct Stall {
    from: i64,
    released: i64,
    ended: u64,
    usual: u64,
    longest: i64,
}

impl Rule<Model> for ReleasedQueue {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model) -> Vec<Finding> {
        let mut stalls = stalls(model);
        let total = stalls.len() as u64;
        stalls.sort_by_key(|stall| (-(stall.released - stall.from), stall.from));
        let Some(worst) = stalls.first() else {
            return Vec::new();
        };
        let step = model.fold.summary.ticks.step();
        let mut finding = Finding::new(
            &META,
            t!(
                "{ended} requests ended at once after {length} without an end",
                ended = count(worst.ended),
                length = duration(worst.released - worst.from)
            ),
        );
        finding.confidence = Confidence::Likely;
        finding.when = Some((
            Moment::truncated(Instant(worst.from), step),
            Moment::truncated(Instant(worst.released), step),
        ));
        finding.summary = t!(
            "From {from} almost nothing ended; at {to} {ended} requests ended where {usual} are usual, the oldest {longest} old.",
            from = Instant(worst.from),
            to = Instant(worst.released),
            ended = count(worst.ended),
            usual = count(worst.usual),
            longest = duration(worst.longest)
        );
        if total > 1 {
            finding.summary += &t!(
                " This happened {times} times in the log.",
                times = count(total)
            );
        }
        for stall in stalls.iter().take(3) {
            for locator in model
                .fold
                .lines_between(stall.released, stall.released + step - 1)
                .into_iter()
                .take(1)
            {
                let what = t!(
                    "{ended} requests end at {at}",
                    ended = count(stall.ended),
                    at = Instant(stall.released)
                );
                finding.evidence.push(Evidence::new(what, locator));
            }
        }
        finding.advice = vec![
            t!(
                "Compare with the pauses of the GC log: one that ends at this second explains it completely."
            ),
            t!("Otherwise look for one lock or pool in the thread dumps of the stall."),
        ];
        model.weaken_where_stamps_are_assumed(&mut finding);
        vec![finding]
    }
}

fn stalls(model: &Model) -> Vec<Stall> {
    let ticks = &model.fold.summary.ticks;
    let step = ticks.step();
    // Only cells of a few seconds can show a stall.
    if step > 10 * crate::time::SECOND {
        return Vec::new();
    }
    let cells = ticks.cells();
    let ended = |index: usize| cells[index].1.finished;
    let mut out: Vec<Stall> = Vec::new();
    for release in AROUND..cells.len() {
        let now = ended(release);
        // What comes before a release is quiet (a fifth of at most a third of it) or nothing at all.
        let close = cells[release].0 - cells[release - 1].0 < 3;
        if now < 10 || close && ended(release - 1) * 15 > now {
            continue;
        }
        let near = release - AROUND..(release + AROUND).min(cells.len());
        let mut usual: Vec<u64> = near.filter(|index| *index != release).map(ended).collect();
        usual.sort_unstable();
        let usual = usual[usual.len() / 2];
        if usual < 2 || now < 3 * usual {
            continue;
        }
        // Back over the quiet cells, those without any activity (absent) included.
        let mut first = release;
        while first > 0
            && ended(first - 1) * 5 <= usual
            && cells[first].0 - cells[first - 1].0 <= 30
        {
            first -= 1;
        }
        let begin = match first.checked_sub(1) {
            Some(before) => cells[before].0 + 1,
            None => cells[first].0,
        };
        let (number, tick) = cells[release];
        let length = (number - begin) * step;
        if number - begin >= 2 && tick.max >= length - step {
            out.push(Stall {
                from: begin * step,
                released: number * step,
                ended: now,
                usual,
                longest: tick.max,
            });
        }
    }
    out
}
