//! Which of the known reasons the log shows for its trouble.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::event::{Event, PauseKind};
use super::filled;
use super::humongous;
use super::life::locator;
use super::occupancy::Ceiling;
use super::report::{GcLife, Incident, IncidentKind, LifeEnd, Requested};
use super::run::Run;
use crate::finding::{Confidence, Evidence};
use crate::key;
use crate::t;
use crate::text;
use crate::text::said;
use crate::time::SECOND;

/// A reason why the collector suffered, or why the log ends.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Cause {
    /// The live set grows steadily.
    Leak,
    /// The live set was flat and jumped within a few collections: traffic, an unbounded result.
    Spike,
    /// The live set is flat and close to the ceiling from the beginning.
    UndersizedHeap,
    /// Whatever was allocated stayed alive until the heap was full: data that does not fit, or something without a bound.
    FilledAtOnce,
    /// Class metadata fills its limit; the heap is nearly empty.
    Metaspace,
    /// The application calls `System.gc()` again and again.
    ExplicitGc,
    /// `System.gc()` comes from `ByteBuffer.allocateDirect` waiting for direct memory.
    DirectMemory,
    /// Large arrays take whole regions.
    Humongous,
    /// The free space lies between humongous objects, in pieces that are too small for the next one.
    Fragmentation,
    /// Collections are held up by JNI critical sections.
    GcLocker,
    /// The collector's threads do not get the CPU.
    CpuStarvation,
    /// The log stops in health, without the JVM's last words: killed from outside.
    KilledFromOutside,
}

impl Cause {
    /// The name a person uses.
    pub fn word(self) -> &'static str {
        said(match self {
            Self::Leak => key!("a leak: the live set grows steadily"),
            Self::Spike => key!("a spike: the live set jumped"),
            Self::UndersizedHeap => key!("a heap too small for the live set"),
            Self::FilledAtOnce => {
                key!("everything allocated stayed alive until the heap was full")
            }
            Self::Metaspace => key!("metaspace is exhausted"),
            Self::ExplicitGc => key!("System.gc() is called again and again"),
            Self::DirectMemory => key!("direct memory is exhausted"),
            Self::Humongous => key!("humongous allocations"),
            Self::Fragmentation => key!("humongous objects leave the free space in pieces"),
            Self::GcLocker => key!("JNI critical sections hold up collections"),
            Self::CpuStarvation => key!("the collector does not get the CPU"),
            Self::KilledFromOutside => key!("killed from outside"),
        })
    }
}

/// The reason the evidence of this log points to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct CauseVerdict {
    /// The reason.
    pub cause: Cause,
    /// How sure the log makes it.
    pub confidence: Confidence,
    /// The statements behind it.
    pub evidence: Vec<Evidence>,
}

/// A floor this high from the beginning leaves no room to work.
pub(super) const HIGH: f64 = 0.80;
/// An application that has at most this share of the time ails, even without a spiral.
const AILING: f64 = 0.90;
/// Collections that are looked at even when the trouble had begun before them.
const FEW: usize = 4;
/// So many threads that waited for memory are trouble for a collector that runs beside the application.
const STALLS: u64 = 3;

/// Finds the reason for the trouble of a life, or for its end. The order matters: what is asked for or limited by
/// something else than the heap comes before the shape of the floor.
pub(super) fn find(run: &Run, life: &GcLife, sources: &[String]) -> Option<CauseVerdict> {
    let stalls = life.incident(IncidentKind::AllocationStall);
    let troubled = life.spiral.is_some()
        || life.thrashing.is_some()
        || life.incident(IncidentKind::OutOfMemory).is_some()
        || stalls.is_some_and(|incident| incident.count >= STALLS);
    let ailing = troubled || life.throughput <= AILING;
    metaspace(life)
        .or_else(|| explicit(life))
        .or_else(|| humongous::fragmentation(run, life, sources))
        .or_else(|| ailing.then(|| humongous::allocations(life)).flatten())
        .or_else(|| ailing.then(|| gc_locker(life)).flatten())
        .or_else(|| troubled.then(|| shape(run, life, sources)).flatten())
        .or_else(|| ailing.then(|| cpu_starvation(life)).flatten())
        .or_else(|| {
            // Without a collapse only a floor that is high all along says why time is lost.
            let found = ailing.then(|| shape(run, life, sources)).flatten()?;
            (found.cause == Cause::UndersizedHeap).then_some(found)
        })
        .or_else(|| (!troubled).then(|| killed(run, life)).flatten())
}

/// JNI critical sections started half of all collections or more.
fn gc_locker(life: &GcLife) -> Option<CauseVerdict> {
    let incident = life.incident(IncidentKind::GcLocker)?;
    if incident.count < 10 || incident.count * 2 < life.pauses.count {
        return None;
    }
    let statement = t!(
        "{count} of {of} pauses were started because JNI critical sections held up an earlier one",
        count = text::count(incident.count),
        of = text::count(life.pauses.count)
    );
    Some(CauseVerdict {
        cause: Cause::GcLocker,
        confidence: Confidence::Likely,
        evidence: vec![Evidence::new(statement, incident.first.clone())],
    })
}

/// Long pauses waited for a processor more than they computed.
fn cpu_starvation(life: &GcLife) -> Option<CauseVerdict> {
    let cpu = life.cpu.as_ref()?.starved.as_ref()?;
    let statement = t!(
        "{pauses} pauses of 100 ms or more took {real} and used {used} of CPU",
        pauses = text::count(cpu.pauses),
        real = text::duration(cpu.real),
        used = text::duration(cpu.user + cpu.sys)
    );
    Some(CauseVerdict {
        cause: Cause::CpuStarvation,
        confidence: Confidence::Likely,
        evidence: vec![Evidence::new(statement, cpu.worst.clone())],
    })
}

fn metaspace(life: &GcLife) -> Option<CauseVerdict> {
    let collections = life.incident(IncidentKind::MetadataThreshold)?;
    let exhausted = life.incident(IncidentKind::MetaspaceExhausted);
    let cleared = life.causes.iter().find(|row| {
        row.cause.starts_with("Metadata GC Clear") || row.cause.starts_with("Last ditch")
    });
    let mut evidence = Vec::new();
    if let Some(incident) = exhausted {
        let statement = t!("the JVM reports that metaspace could not be allocated");
        evidence.push(Evidence::new(statement, incident.first.clone()));
    }
    if let Some(row) = cleared {
        let statement = t!(
            "{count} collections tried to free metaspace by clearing soft references",
            count = row.count
        );
        evidence.push(Evidence::new(statement, row.longest.clone()));
    }
    if evidence.is_empty() {
        return None;
    }
    let statement = t!(
        "{count} collections were started because metadata reached its threshold",
        count = collections.count
    );
    evidence.push(Evidence::new(statement, collections.first.clone()));
    let confidence = match exhausted {
        Some(_) => Confidence::Confirmed,
        None => Confidence::Likely,
    };
    Some(CauseVerdict {
        cause: Cause::Metaspace,
        confidence,
        evidence,
    })
}

/// The collections that `System.gc()` asked for; `None` for fewer than five.
pub(super) fn requested(run: &Run) -> Option<Requested> {
    let is = |event: &&Event| event.counts() && run.cause(event).starts_with("System");
    let mut events: Vec<&Event> = run.events.iter().filter(is).collect();
    let total = events.iter().map(|event| event.micros()).sum();
    // Parallel answers one request with a young pause and a full one right behind it.
    let mut last: Option<&Event> = None;
    events.retain(|&event| {
        let of_the_same = last.is_some_and(|last| {
            last.kind == PauseKind::Young
                && event.kind == PauseKind::Full
                && event.begin - last.end() <= SECOND / 100
        });
        last = Some(event);
        !of_the_same
    });
    if events.len() < 5 {
        return None;
    }
    let mut gaps: Vec<i64> = events
        .windows(2)
        .map(|pair| pair[1].begin - pair[0].begin)
        .collect();
    gaps.sort_unstable();
    let interval = gaps[gaps.len() / 2].max(1);
    let close = gaps
        .iter()
        .filter(|&&gap| (gap - interval).abs() * 5 <= interval)
        .count();
    Some(Requested {
        count: events.len() as u64,
        interval,
        regular: close as f64 / gaps.len() as f64,
        total,
    })
}

fn explicit(life: &GcLife) -> Option<CauseVerdict> {
    let requested = life.requested?;
    let first = life.incident(IncidentKind::ExplicitGc)?;
    let dominates = requested.total * 2 >= life.pauses.total;
    // Once a minute is a habit; more often, or most of all pauses, is a storm.
    if requested.interval > 60 * SECOND || !dominates {
        return None;
    }
    let interval = text::duration(requested.interval);
    let count = text::count(requested.count);
    let statement = t!(
        "{count} collections were asked for by System.gc(), one every {interval}",
        count,
        interval
    );
    let mut evidence = vec![Evidence::new(statement, first.first.clone())];
    let low = life
        .points
        .iter()
        .filter(|point| point.cause.starts_with("System"))
        .filter_map(|point| point.before)
        .max();
    if let Some((low, max)) = low.zip(life.heap_max) {
        let before = text::percent(low as f64, max as f64);
        let statement = t!(
            "the heap was never fuller than {before} of its limit when it was asked for",
            before
        );
        evidence.push(Evidence::new(statement, first.first.clone()));
    }
    // A timer is regular; allocateDirect asks whenever its limit is reached (Bits.reserveMemory).
    let (cause, confidence) = match requested.regular >= 0.6 || requested.interval >= 10 * SECOND {
        true => (Cause::ExplicitGc, Confidence::Confirmed),
        false => (Cause::DirectMemory, Confidence::Possible),
    };
    Some(CauseVerdict {
        cause,
        confidence,
        evidence,
    })
}

/// Leak, spike or a heap that was too small from the beginning: told apart by when the floor rose.
fn shape(run: &Run, life: &GcLife, sources: &[String]) -> Option<CauseVerdict> {
    let ceiling = Ceiling::of(run)?;
    let until = match &life.spiral {
        // Back on the raw clock: only runs without uptime have a shifted axis.
        Some(spiral) => {
            let onset = spiral.onset? - life.begin + raw_begin(run, life);
            // Where the trouble began at once, the first few collections are all there is.
            let known = run
                .events
                .iter()
                .filter(|event| ceiling.after(event).is_some());
            let few = known.take(FEW).last()?;
            onset.max(few.end())
        }
        None => run.first_shortage().unwrap_or(i64::MAX),
    };
    let points: Vec<(&Event, u64)> = run
        .events
        .iter()
        .filter(|event| event.end() <= until)
        .filter_map(|event| Some((event, ceiling.after(event)?)))
        .collect();
    let (first, last) = (points.first()?, points.last()?);
    let begin = raw_begin(run, life);
    let span = last.0.end() - begin;
    let lowest = |from: f64, to: f64| {
        let (from, to) = (
            begin + (span as f64 * from) as i64,
            begin + (span as f64 * to) as i64,
        );
        let inside = points
            .iter()
            .filter(|(event, _)| (from..=to).contains(&event.end()));
        inside.map(|(_, after)| *after).min()
    };
    let early = lowest(0.0, 0.25).or_else(|| lowest(0.0, 0.5))? as f64;
    let limit = ceiling.bytes() as f64;
    // The first collections may precede the load: the second quarter tells whether the heap was full from then on.
    let settled = lowest(0.25, 1.0).map_or(early, |bytes| bytes as f64);
    let at = |event: &Event| locator(sources, event.place());
    let name = ceiling.name();
    if settled >= HIGH * limit {
        if let Some(verdict) = filled::find(run, life, ceiling, sources) {
            return Some(verdict);
        }
        let statement = t!(
            "from early on, no collection brought the {name} below {share} of its capacity",
            name,
            share = text::percent(settled, limit)
        );
        return Some(CauseVerdict {
            cause: Cause::UndersizedHeap,
            confidence: Confidence::Likely,
            evidence: vec![Evidence::new(statement, at(first.0))],
        });
    }
    let top = last.1 as f64;
    let rise = top - early;
    if rise < 0.15 * limit {
        return None;
    }
    let middle = lowest(0.5, 0.75).map_or(early, |bytes| bytes as f64);
    let share = (middle - early) / rise;
    let from = text::bytes(early as u64);
    let to = text::bytes(last.1);
    if share < 0.25 {
        let statement = t!(
            "the {name} was flat at {from} after collections for three quarters of the time, then jumped to {to}",
            name,
            from,
            to
        );
        return Some(CauseVerdict {
            cause: Cause::Spike,
            confidence: Confidence::Likely,
            evidence: vec![Evidence::new(statement, at(last.0))],
        });
    }
    let Some(floor) = life.floor.as_ref().filter(|floor| floor.low > 0.0) else {
        // Full before there are enough collections to see a trend: data that does not fit looks the same as something
        // without a bound.
        let statement = t!(
            "the {name} was {share} full after {count} collections, before any trend could show",
            name,
            share = text::percent(top, limit),
            count = text::count(points.len() as u64)
        );
        if top < HIGH * limit || points.len() > 2 * FEW {
            return None;
        }
        return filled::find(run, life, ceiling, sources).or_else(|| {
            Some(CauseVerdict {
                cause: Cause::UndersizedHeap,
                confidence: Confidence::Possible,
                evidence: vec![Evidence::new(statement, at(last.0))],
            })
        });
    };
    let rate = t!(
        "{bytes} per second",
        bytes = text::bytes(floor.slope as u64)
    );
    let statement = t!(
        "the {name} after collection rose from {from} to {to}, by {rate} all along",
        name,
        from,
        to,
        rate
    );
    Some(CauseVerdict {
        cause: Cause::Leak,
        confidence: Confidence::Likely,
        evidence: vec![
            Evidence::new(statement, at(first.0)),
            Evidence::new(
                t!("the last collection before the trouble left {to}", to),
                at(last.0),
            ),
        ],
    })
}

fn raw_begin(run: &Run, life: &GcLife) -> i64 {
    match life.axis_is_uptime {
        true => life.begin,
        false => run.events.first().map_or(0, |event| event.begin),
    }
}

/// The log stops without the JVM's last words while the heap is healthy.
fn killed(run: &Run, life: &GcLife) -> Option<CauseVerdict> {
    if life.ended == LifeEnd::ExitBlock {
        return None;
    }
    let max = life.heap_max?;
    let last = run
        .events
        .iter()
        .rev()
        .find(|event| event.heap.is_known())?;
    if last.heap.after as f64 > 0.7 * max as f64 {
        return None;
    }
    let share = text::percent(last.heap.after as f64, max as f64);
    let statement = t!("the last collection left the heap {share} full", share);
    let last_line =
        t!("the log ends here, without the heap summary that the JVM writes when it exits");
    Some(CauseVerdict {
        cause: Cause::KilledFromOutside,
        confidence: Confidence::Possible,
        evidence: vec![
            Evidence::new(last_line, life.last.clone()),
            Evidence::new(statement, life_place(run, last, life)),
        ],
    })
}

fn life_place(run: &Run, event: &Event, life: &GcLife) -> crate::finding::Locator {
    let index = event.file.saturating_sub(run.first.file) as usize;
    match life.sources.get(index) {
        Some(name) => crate::finding::Locator::line(name.clone(), event.line),
        None => life.last.clone(),
    }
}

impl GcLife {
    /// The incident of a kind, if there was one.
    pub fn incident(&self, kind: IncidentKind) -> Option<&Incident> {
        self.incidents.iter().find(|incident| incident.kind == kind)
    }

    /// Full collections that nobody asked for.
    pub fn unrequested_fulls(&self) -> u64 {
        let full = self.causes.iter().filter(|row| row.kind == PauseKind::Full);
        full.filter(|row| !Event::is_user_cause(&row.cause))
            .map(|row| row.count)
            .sum()
    }
}
