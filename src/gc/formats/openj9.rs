//! Verbose GC of OpenJ9 and IBM J9 (`-Xverbosegclog`, R26 and later): one XML element a line, the root often never
//! closed, because the JVM was killed.
//!
//! A pause is the time of exclusive access, `exclusive-start` to `exclusive-end`, when a collection ran inside it.

use super::number;
use super::unified::Outcome;
use crate::gc::event::{Area, Collector, Cpu, Event, PauseKind, Place};
use crate::gc::report::{IncidentKind, LifeEnd};
use crate::gc::run::{Clocks, Run};
use crate::input::Line;
use crate::time::iso8601;

/// Elements that say nothing this room uses. Those of Metronome (heartbeats of many short quanta) give no single pauses.
const QUIET: [&str; 60] = [
    "!--",
    "?xml",
    "af-end",
    "allocated-bytes",
    "allocation-satisfied",
    "allocation-stats",
    "allocation-unsatisfied",
    "arraylet-primitive",
    "arraylet-reference",
    "attribute",
    "card-cleaning",
    "cardclean-info",
    "classunload-info",
    "compact-info",
    "concurrent-aborted",
    "concurrent-collection-end",
    "concurrent-end",
    "concurrent-mark-end",
    "concurrent-mark-start",
    "concurrent-start",
    "concurrent-trace-info",
    "continuations",
    "cycle-continue",
    "cycle-end",
    "exclusiveaccess-info",
    "finalization",
    "free-mem",
    "gc-op",
    "heap-resize",
    "kickoff",
    "largest-consumer",
    "memory-cardclean",
    "memory-copied",
    "memory-traced",
    "numa",
    "object-monitors",
    "ownableSynchronizers",
    "pending-finalizers",
    "quanta",
    "references",
    "region",
    "regions",
    "remembered-set",
    "remembered-set-cleared",
    "response-info",
    "scan",
    "scavenger-info",
    "stats",
    "stringconstants",
    "syncgc-info",
    "sys-end",
    "system",
    "thread-priority",
    "trace-info",
    "trigger-end",
    "trigger-start",
    "verbosegc",
    "vmarg",
    "vmargs",
    "warning",
];

/// What is known about the exclusive access under way.
#[derive(Debug, Default)]
struct Access {
    open: bool,
    begin: i64,
    place: Place,
    kind: Option<PauseKind>,
    cause: Option<&'static [u8]>,
    before: Option<(u64, u64)>,
    after: Option<(u64, u64)>,
    young: Area,
    tenure: Area,
    cpu: Option<Cpu>,
    in_end: bool,
    /// A concurrent cycle ends here: what is stopped for is the rest of its work, no collection from scratch.
    is_final: bool,
}

/// Reads the lines of a set of files into runs.
#[derive(Debug)]
pub(in crate::gc) struct Reader {
    runs: Vec<Run>,
    run: Run,
    access: Access,
    /// A concurrent cycle is about to be started.
    kickoff: bool,
    file: u32,
}

impl Reader {
    pub(in crate::gc) fn new() -> Self {
        Self {
            runs: Vec::new(),
            run: empty_run(),
            access: Access::default(),
            kickoff: false,
            file: 0,
        }
    }

    fn element(&mut self, name: &[u8], text: &[u8], place: Place) -> Outcome {
        match name {
            b"initialized" => self.run.has_head = true,
            b"verbosegc" => {
                let version = attribute(text, b"version");
                self.run.version =
                    version.map(|version| String::from_utf8_lossy(version).into_owned());
            }
            b"attribute" => return self.fact(text, place),
            b"exclusive-start" => {
                self.access = Access {
                    open: true,
                    begin: self.run.now,
                    place,
                    ..Access::default()
                };
            }
            b"af-start" => self.access.cause = Some(b"Allocation Failure"),
            b"allocation-taxation" => self.access.cause = Some(b"Allocation Taxation"),
            b"concurrent-kickoff" => self.kickoff = true,
            b"concurrent-global-final" | b"concurrent-collection-start" => {
                self.access.cause = Some(b"Concurrent Final");
                self.access.is_final = true;
            }
            b"sys-start" => {
                let explicit =
                    attribute(text, b"reason").is_none_or(|reason| reason == b"explicit");
                self.access.cause = Some(if explicit { b"System.gc()" } else { b"system" });
            }
            b"percolate-collect" => self.collection(PauseKind::Full),
            // A global cycle that collects nothing before the access ends was only started: it runs concurrently.
            b"cycle-start" => {
                if std::mem::take(&mut self.kickoff) && self.access.kind.is_none() {
                    self.access.cause = Some(b"Concurrent Kickoff");
                }
                self.access.kind = self.access.kind.or(Some(PauseKind::InitialMark));
            }
            b"gc-start" => {
                self.access.in_end = false;
                self.collection(match attribute(text, b"type") {
                    Some(b"global mark phase") => PauseKind::Other,
                    Some(kind) if kind.starts_with(b"global") && self.access.is_final => {
                        PauseKind::Remark
                    }
                    Some(kind) if kind.starts_with(b"global") => PauseKind::Full,
                    Some(kind) if kind.starts_with(b"partial") => PauseKind::Mixed,
                    _ => PauseKind::Young,
                });
            }
            b"gc-end" => {
                self.access.in_end = true;
                let millis = |name: &[u8]| {
                    let value = attribute(text, name)?;
                    number::decimal(value, 3).map(|(micros, _)| micros)
                };
                if let (Some(user), Some(sys)) = (millis(b"usertimems"), millis(b"systemtimems")) {
                    let real = millis(b"durationms").unwrap_or(0);
                    self.access.cpu = Some(Cpu { user, sys, real });
                }
            }
            b"mem-info" => self.memory(text),
            b"mem" => self.area(text),
            b"out-of-memory" => self.run.note(IncidentKind::OutOfMemory, place, b""),
            b"exclusive-end" => self.pause(text),
            _ => {
                let known = QUIET.iter().any(|quiet| quiet.as_bytes() == name);
                return match known || name.starts_with(b"!--") {
                    true => Outcome::Quiet,
                    false => Outcome::Unknown,
                };
            }
        }
        Outcome::Used
    }

    /// Takes the kind of a collection inside the access: a full one decides over the scavenge before it.
    fn collection(&mut self, kind: PauseKind) {
        if self.access.kind != Some(PauseKind::Full) {
            self.access.kind = Some(kind);
        }
    }

    fn fact(&mut self, text: &[u8], place: Place) -> Outcome {
        let (Some(name), Some(value)) = (attribute(text, b"name"), attribute(text, b"value"))
        else {
            return Outcome::Quiet;
        };
        match name {
            b"gcPolicy" => self.run.fact("gcPolicy", value, place),
            b"maxHeapSize" => {
                self.run.fact("maxHeapSize", value, place);
                self.run.heap_max = hexadecimal(value);
            }
            b"initialHeapSize" => self.run.fact("initialHeapSize", value, place),
            b"gcthreads" => self.run.fact("Parallel Workers", value, place),
            b"numCPUs" => self.run.fact("CPUs", value, place),
            b"physicalMemory" => self.run.fact("Memory", value, place),
            _ => return Outcome::Quiet,
        }
        Outcome::Used
    }

    /// `<mem-info id="6" free="96" total="98" percent="1">`: the first of a pause is before, the last is after.
    fn memory(&mut self, text: &[u8]) {
        let Some(area) = free_and_total(text) else {
            return;
        };
        if self.access.in_end {
            self.access.after = Some(area);
        } else if self.access.before.is_none() {
            self.access.before = Some(area);
        }
    }

    fn area(&mut self, text: &[u8]) {
        let area = match attribute(text, b"type") {
            Some(b"tenure") => &mut self.access.tenure,
            Some(b"nursery" | b"eden") => &mut self.access.young,
            _ => return,
        };
        let Some((free, total)) = free_and_total(text) else {
            return;
        };
        let used = total.saturating_sub(free);
        if self.access.in_end {
            area.after = used;
            area.capacity = total;
        } else {
            area.before = used;
        }
    }

    fn pause(&mut self, text: &[u8]) {
        let access = std::mem::take(&mut self.access);
        let duration = attribute(text, b"durationms").and_then(|value| number::decimal(value, 6));
        let (true, Some((nanos, _))) = (access.open, duration) else {
            return;
        };
        let Some(kind) = access.kind else {
            self.run
                .safepoint(b"exclusive access", 0, nanos, access.place);
            return;
        };
        let cause = self.run.name(access.cause.unwrap_or(b""));
        let mut event = Event::new(access.begin, nanos, kind, cause, access.place);
        if let (Some((free, total)), Some((free_after, total_after))) =
            (access.before, access.after)
        {
            event.heap = Area {
                before: total.saturating_sub(free),
                after: total_after.saturating_sub(free_after),
                capacity: total_after,
            };
        }
        event.young = access.young;
        event.old = access.tenure;
        event.cpu = access.cpu;
        self.run.push(event);
    }

    fn finish_run(&mut self, ended: LifeEnd) {
        let mut run = std::mem::replace(&mut self.run, empty_run());
        run.ended = Some(ended);
        if self.access.open {
            run.open = Some(("exclusive access".to_owned(), self.access.place));
        }
        self.access = Access::default();
        if !run.is_empty() {
            self.runs.push(run);
        }
    }
}

impl super::Reader for Reader {
    fn begin_file(&mut self, file: u32) {
        self.file = file;
    }

    fn line(&mut self, line: &Line<'_>) -> Outcome {
        let text = line.text.trim_ascii();
        let Some(element) = text.strip_prefix(b"<") else {
            return Outcome::Quiet;
        };
        if element.starts_with(b"/") {
            return Outcome::Quiet;
        }
        let place = Place {
            file: self.file,
            line: line.number,
        };
        let end = element
            .iter()
            .position(|byte| matches!(byte, b' ' | b'>' | b'/'))
            .unwrap_or(element.len());
        let name = &element[..end];
        if name == b"initialized" && !self.run.events.is_empty() {
            self.finish_run(LifeEnd::NextLife);
        }
        let clocks = clocks(text);
        if !clocks.is_empty() {
            self.run.tick(clocks, place);
        }
        self.element(name, text, place)
    }

    fn finish(mut self) -> Vec<Run> {
        self.finish_run(LifeEnd::LogEnds);
        self.runs
    }
}

fn empty_run() -> Run {
    let mut run = Run::new("OpenJ9");
    run.collector = Collector::OpenJ9;
    run
}

/// The value of ` name="…"`.
fn attribute<'a>(text: &'a [u8], name: &[u8]) -> Option<&'a [u8]> {
    let hit = memchr::memmem::find_iter(text, name).find(|&at| {
        at > 0 && text[at - 1] == b' ' && text[at + name.len()..].starts_with(b"=\"")
    })?;
    let value = &text[hit + name.len() + 2..];
    Some(&value[..memchr::memchr(b'"', value)?])
}

fn free_and_total(text: &[u8]) -> Option<(u64, u64)> {
    let value = |name: &[u8]| number::whole(attribute(text, name)?).map(|(bytes, _)| bytes);
    Some((value(b"free")?, value(b"total")?))
}

fn hexadecimal(value: &[u8]) -> Option<u64> {
    let digits = std::str::from_utf8(value.strip_prefix(b"0x")?).ok()?;
    u64::from_str_radix(digits, 16).ok()
}

/// The clock of an element: `timestamp="2020-01-02T03:04:05.678"`, without a zone.
pub(in crate::gc) fn clocks(line: &[u8]) -> Clocks {
    let stamp = attribute(line, b"timestamp").and_then(iso8601);
    Clocks {
        uptime: None,
        wall: stamp.map(|(stamp, _)| stamp),
    }
}

/// Whether a line is surely of this format.
pub(in crate::gc) fn is_gc_line(line: &[u8]) -> bool {
    let text = line.trim_ascii_start();
    [
        b"<verbosegc ".as_slice(),
        b"<exclusive-start ",
        b"<gc-start ",
        b"<af-start ",
        b"<cycle-start ",
    ]
    .iter()
    .any(|start| text.starts_with(start))
}

#[cfg(test)]
mod tests;
