//! The rules of the room: one file each. Their order is the order of `diag rules`.

mod allocation_stall;
mod cms_failure;
mod compressed_oops;
mod cpu_starvation;
mod death_spiral;
mod degenerated;
mod evacuation_failure;
mod explicit_gc;
mod filled_at_once;
mod flags;
mod full_collections;
mod gc_locker;
mod heap_against_memory;
mod heap_too_small;
mod humongous;
mod humongous_fragmentation;
mod leak;
mod log_ends;
mod long_pause;
mod low_throughput;
mod metaspace;
mod near_miss;
mod other_safepoints;
mod overhead_limit;
mod rising_live_set;
mod serial_collector;
mod slow_references;
mod spike;
mod system_time;
mod thrashing;
mod time_to_safepoint;
mod worker_count;

use super::report::GcLife;
use crate::finding::{Evidence, Locator, Rule};
use crate::t;
use crate::text;
use crate::time::Moment;

/// All rules.
pub(super) const RULES: &[&dyn Rule<GcLife>] = &[
    &death_spiral::DeathSpiral,
    &thrashing::Thrashing,
    &low_throughput::LowThroughput,
    &near_miss::NearMiss,
    &leak::Leak,
    &spike::Spike,
    &rising_live_set::RisingLiveSet,
    &heap_too_small::HeapTooSmall,
    &filled_at_once::FilledAtOnce,
    &metaspace::MetaspaceExhausted,
    &overhead_limit::OverheadLimit,
    &allocation_stall::AllocationStall,
    &degenerated::Degenerated,
    &evacuation_failure::EvacuationFailure,
    &cms_failure::CmsFailure,
    &full_collections::FullCollections,
    &long_pause::LongPause,
    &explicit_gc::ExplicitGc,
    &humongous::Humongous,
    &humongous_fragmentation::HumongousFragmentation,
    &gc_locker::GcLocker,
    &cpu_starvation::CpuStarvation,
    &system_time::HighSystemTime,
    &time_to_safepoint::TimeToSafepoint,
    &other_safepoints::OtherSafepoints,
    &slow_references::SlowReferences,
    &serial_collector::SerialCollector,
    &heap_against_memory::HeapAgainstMemory,
    &compressed_oops::CompressedOops,
    &worker_count::WorkerCount,
    &flags::Flags,
    &log_ends::LogEnds,
];

/// The log a finding is about.
fn subject(life: &GcLife) -> &str {
    life.sources.last().map_or("-", |name| name)
}

/// First and last moment of a stretch on the axis of the life, when the wall clock is known.
fn when(life: &GcLife, from: i64, to: i64) -> Option<(Moment, Moment)> {
    let started = life.started?;
    Some((started.plus(from), started.plus(to)))
}

/// A time on the axis of the life in words: time of day where known, and the uptime.
fn at(life: &GcLife, time: i64) -> String {
    let since = text::duration(time.max(0));
    match (life.started, life.axis_is_uptime) {
        (Some(started), true) => {
            let clock = started.plus(time).middle();
            let clock = crate::time::Instant(clock.0 / 1000 * 1000).time_of_day();
            t!("{clock} (uptime {since})", clock, since)
        }
        (Some(started), false) => started.plus(time).middle().time_of_day(),
        (None, true) => t!("uptime {since}", since),
        (None, false) => t!("{since} after the first line", since),
    }
}

/// The line of the first point at or after a time, else the last line of the life.
fn line_at(life: &GcLife, time: i64) -> Locator {
    let index = life
        .points
        .partition_point(|point| point.at + point.pause < time);
    match life.points.get(index) {
        Some(point) => point_locator(life, point),
        None => life.last.clone(),
    }
}

/// The line of a point.
fn point_locator(life: &GcLife, point: &super::report::GcPoint) -> Locator {
    let name = life.sources.get(point.source as usize);
    Locator::line(name.map_or("-", |name| name.as_str()), point.line)
}

/// The reason found for this life as evidence: a sentence per statement.
fn cause_evidence(life: &GcLife) -> Vec<Evidence> {
    match &life.cause {
        Some(verdict) => verdict.evidence.clone(),
        None => Vec::new(),
    }
}

/// What helps against a cause, most useful first.
fn cause_advice(life: &GcLife) -> Vec<String> {
    use super::cause::Cause;
    let Some(verdict) = &life.cause else {
        return Vec::new();
    };
    match verdict.cause {
        Cause::Leak => vec![
            t!(
                "Find what grows: -XX:+HeapDumpOnOutOfMemoryError with -XX:HeapDumpPath on a volume that survives the restart, then `diag heap`. A larger -Xmx only moves the date."
            ),
            t!("Restart before the forecast date until the leak is fixed."),
        ],
        Cause::Spike => vec![
            t!(
                "Look at the requests of that minute (`diag access`): one unbounded result or a burst. Bound result sizes and concurrency; a larger heap only helps if the spike fits into it."
            ),
            t!("-XX:+HeapDumpOnOutOfMemoryError with -XX:HeapDumpPath names the objects."),
        ],
        Cause::UndersizedHeap => vec![t!(
            "Raise -Xmx so that the live set stays below about two thirds of the heap. If the new heap fills up as well, it is no matter of size: -XX:+HeapDumpOnOutOfMemoryError with -XX:HeapDumpPath names what fills it."
        )],
        Cause::FilledAtOnce => vec![
            t!(
                "Take a heap dump when it happens (-XX:+HeapDumpOnOutOfMemoryError with -XX:HeapDumpPath) and ask `diag heap` what fills it."
            ),
            t!(
                "Bound it if it can be without end: the size of results, caches and queues. If the data is wanted, give the heap half as much again as it needs."
            ),
        ],
        Cause::Metaspace => vec![
            t!(
                "Look for class loaders that are never freed (redeployments, proxies, scripts): `jcmd <pid> VM.classloader_stats`, or `diag heap` on a dump."
            ),
            t!(
                "If the number of classes is legitimate, raise -XX:MaxMetaspaceSize and set -XX:MetaspaceSize close to the need, so that start-up does not collect for it."
            ),
        ],
        Cause::ExplicitGc => vec![t!(
            "Find the caller of System.gc(); -XX:+ExplicitGCInvokesConcurrent (G1, Shenandoah) makes it harmless, -XX:+DisableExplicitGC ignores it (not with direct buffers or RMI that rely on it)."
        )],
        Cause::DirectMemory => vec![t!(
            "Direct buffers wait for the collector: reuse or close them, or raise -XX:MaxDirectMemorySize. Never use -XX:+DisableExplicitGC here: it turns the wait into an OutOfMemoryError."
        )],
        Cause::Fragmentation => vec![t!(
            "Raise -XX:G1HeapRegionSize so that these arrays are no longer humongous, or split them: humongous objects stay where they are, and what is free between them fits no large array. JDK 22 and later move them in the last resort; a larger heap only delays it."
        )],
        Cause::Humongous => vec![t!(
            "Raise -XX:G1HeapRegionSize so that these arrays are smaller than half a region, or split them; stream large payloads instead of holding them in one array."
        )],
        Cause::GcLocker => vec![t!(
            "JNI critical sections (compression, native crypto) hold up collections; JDK 22 and later pin regions instead (JEP 423)."
        )],
        Cause::CpuStarvation => vec![t!(
            "Give the container CPU: raise its limit, or lower -XX:ParallelGCThreads and -XX:ConcGCThreads to what it really gets."
        )],
        Cause::KilledFromOutside => vec![t!(
            "Look for exit code 137, OOMKilled, `dmesg` and the orchestrator's events (`diag events`): heap, metaspace, threads and direct memory together must fit into the container's limit."
        )],
    }
}
