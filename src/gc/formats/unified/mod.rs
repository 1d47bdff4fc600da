//! Unified logging of JDK 9 to 25 (JEP 158, JEP 271), every collector, any decorations, any level of detail.
//!
//! The tags are optional, so a line is dispatched on its message; `GC(n)` joins the lines of one collection.

mod concurrent;
mod decorations;
mod detail;
mod header;
mod pause;
mod phases;
mod quiet;
mod safepoint;

pub(super) use header::{flags, printed};
pub(super) use pause::{occupancy, read as read_pause, record as record_pause};
pub(super) use safepoint::{Pending, read as read_safepoint};

use decorations::Decorations;

use super::number;
use crate::gc::event::{Collector, Place};
use crate::gc::report::{IncidentKind, LifeEnd};
use crate::gc::run::{Axis, Run};
use crate::input::Line;
use crate::time::iso8601;

/// What became of a line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::gc) enum Outcome {
    /// It told something.
    Used,
    /// It is known to tell nothing of use, or belongs to another program.
    Quiet,
    /// It should have told something.
    Unknown,
}

/// Uptime may fall by this much because threads race to the log; more is a new life.
const OUT_OF_ORDER: i64 = 1_000_000;

/// Reads the lines of a set of files into runs.
#[derive(Debug)]
pub(in crate::gc) struct Reader {
    runs: Vec<Run>,
    run: Run,
    areas: detail::Areas,
    pending: safepoint::Pending,
    references: phases::Current,
    /// Pauses that began: number and place.
    open: Vec<(u32, String, Place)>,
    /// Highest number of a collection so far.
    last_gc: Option<u32>,
    /// Date of the last line, not read yet.
    last_date: Vec<u8>,
    file: u32,
}

impl Reader {
    pub(in crate::gc) fn new() -> Self {
        Self {
            runs: Vec::new(),
            run: Run::new("unified"),
            areas: detail::Areas::default(),
            pending: safepoint::Pending::default(),
            references: phases::Current::default(),
            open: Vec::new(),
            last_gc: None,
            last_date: Vec::new(),
            file: 0,
        }
    }

    fn message(&mut self, found: &Decorations<'_>, message: &[u8], place: Place) -> Outcome {
        let tags = found.tags.unwrap_or(b"gc");
        if tags == b"arguments" && header::arguments(&mut self.run, message, place) {
            return Outcome::Used;
        }
        if !tags.starts_with(b"gc") && !tags.starts_with(b"safepoint") {
            return Outcome::Quiet;
        }
        if found.level == Some(b"warning") && header::warning(&mut self.run, message, place) {
            return Outcome::Used;
        }
        let (gc, body) = collection(message);
        let number = gc.unwrap_or(u32::MAX);
        let indent = message[..message.len() - body.len()]
            .iter()
            .rev()
            .take_while(|&&byte| byte == b' ')
            .count();
        let is_head = gc.is_none() && header::is_head(body);
        if self.begins_a_run(found, gc, is_head) {
            self.finish_run(LifeEnd::NextLife);
        }
        // A pause checks the wall clock; for all other lines the uptime tells the time, and reading dates is dear.
        let body = concurrent::strip_generation(&mut self.run, body);
        let is_pause = body.starts_with(b"Pause ");
        match found.uptime {
            Some(uptime) if !is_pause && self.run.axis == Axis::Uptime => {
                self.run.advance(uptime, place);
                self.remember_date(found);
            }
            _ => {
                self.run.tick(found.clocks(), place);
                self.last_date.clear();
            }
        }
        if gc.is_some() && !is_pause && about_phases(found.tags, body) {
            phases::read(&mut self.run, &mut self.references, indent, body, place);
        }
        if !is_pause && found.tags.is_some() && quiet::is_flood(tags) {
            return Outcome::Quiet;
        }
        if self.run.ended == Some(LifeEnd::ExitBlock) {
            header::exit(&mut self.run, body);
        }
        if let Some(gc) = gc {
            self.last_gc = Some(self.last_gc.map_or(gc, |last| last.max(gc)));
        }
        if self.run.pid.is_none() {
            self.run.pid = found.pid;
        }
        if self.dispatch(number, body, tags, place) {
            return Outcome::Used;
        }
        if quiet::level(found.level) || quiet::tags(tags) || quiet::message(body) {
            Outcome::Quiet
        } else {
            Outcome::Unknown
        }
    }

    /// Keeps the date of the line in case it is the last.
    fn remember_date(&mut self, found: &Decorations<'_>) {
        if let Some(date) = found.date() {
            self.last_date.clear();
            self.last_date.extend_from_slice(date);
        }
    }

    /// Hands a message to whoever knows it. `gc` is `u32::MAX` without a number.
    fn dispatch(&mut self, gc: u32, body: &[u8], tags: &[u8], place: Place) -> bool {
        let run = &mut self.run;
        match body.first() {
            Some(b'P') => {
                if let Some(text) = body.strip_prefix(b"Pause ") {
                    if footer(run, text) {
                        return true;
                    }
                    // Statistics of a cycle: `Pause Final Mark (N)   54 us`.
                    if tags.starts_with(b"gc,stats") || text.ends_with(b" us") {
                        return true;
                    }
                    // ZGC until JDK 14 names the parts of a pause, of one thread each, like pauses.
                    if is_part_of_pause(text) {
                        return true;
                    }
                    self.pause(gc, text, place);
                    return true;
                }
                concurrent::read(run, gc, body, tags, place)
                    || self.areas.read(gc, body)
                    || header::read(run, body, place)
            }
            Some(b'U') => {
                detail::cpu(run, gc, body) || (gc == u32::MAX && header::read(run, body, place))
            }
            Some(b'S') => {
                safepoint::read(run, &mut self.pending, body, place)
                    || self.areas.read(gc, body)
                    || header::read(run, body, place)
            }
            Some(b'E' | b'L' | b'T') => {
                if body.starts_with(b"To-space exhausted") {
                    run.note(IncidentKind::EvacuationFailure, place, b"");
                    return true;
                }
                safepoint::read(run, &mut self.pending, body, place)
                    || self.areas.read(gc, body)
                    || header::read(run, body, place)
            }
            Some(b'H') if body == b"Heap" && gc == u32::MAX => {
                if tags == b"gc" || tags.ends_with(b"exit") {
                    run.ended = Some(LifeEnd::ExitBlock);
                }
                true
            }
            Some(b'A') if body.starts_with(b"Application time: ") => true,
            Some(_) => {
                concurrent::read(run, gc, body, tags, place)
                    || self.areas.read(gc, body)
                    || (gc == u32::MAX && header::read(run, body, place))
            }
            None => false,
        }
    }

    fn pause(&mut self, gc: u32, text: &[u8], place: Place) {
        let summary = pause::read(text);
        if summary.nanos.is_some() {
            self.open.retain(|(open, _, _)| *open != gc);
            let now = self.run.now;
            pause::record(&mut self.run, &summary, gc, now, place);
            self.areas.complete(&mut self.run, gc);
        } else {
            // Only the innermost few matter: a pause that never ends is the last one.
            if self.open.len() >= 4 {
                self.open.remove(0);
            }
            let name = String::from_utf8_lossy(&text[..text.len().min(80)]).into_owned();
            self.open.push((gc, name, place));
        }
    }

    /// Whether a line cannot belong to the run so far.
    fn begins_a_run(&self, found: &Decorations<'_>, gc: Option<u32>, is_head: bool) -> bool {
        if self.run.is_empty() {
            return false;
        }
        if let (Some(old), Some(new)) = (self.run.pid, found.pid)
            && old != new
        {
            return true;
        }
        let lived = !self.run.events.is_empty() || self.run.ended.is_some();
        match (self.run.axis, found.uptime) {
            (Axis::Uptime, Some(uptime)) => {
                let fell = self.run.now - uptime;
                let numbers_fell = gc.zip(self.last_gc).is_some_and(|(gc, last)| gc < last);
                let starts_over =
                    is_head || numbers_fell || gc == Some(0) || self.run.ended.is_some();
                (fell > OUT_OF_ORDER && starts_over) || (fell > 0 && is_head && lived)
            }
            _ => {
                let first_again = gc == Some(0) && self.last_gc.is_some_and(|last| last > 20);
                lived && (is_head && !self.head_just_began() || first_again)
            }
        }
    }

    /// Without uptime, several head lines follow each other; only one after collections is a new life.
    fn head_just_began(&self) -> bool {
        self.run.events.is_empty()
    }

    fn finish_run(&mut self, ended: LifeEnd) {
        let mut run = std::mem::replace(&mut self.run, Run::new("unified"));
        run.ended = run.ended.or(Some(ended));
        if let Some((stamp, _)) = iso8601(&self.last_date) {
            run.last_clocks.wall = Some(stamp);
        }
        self.last_date.clear();
        run.open = self.open.pop().map(|(_, name, place)| (name, place));
        run.guess_collector();
        if run.generational {
            run.collector = match run.collector {
                Collector::Z => Collector::GenerationalZ,
                Collector::Shenandoah => Collector::GenerationalShenandoah,
                other => other,
            };
        }
        if !run.is_empty() {
            self.runs.push(run);
        }
        self.open.clear();
        self.areas = detail::Areas::default();
        self.pending = safepoint::Pending::default();
        self.last_gc = None;
    }
}

impl super::Reader for Reader {
    fn begin_file(&mut self, file: u32) {
        self.file = file;
    }

    fn line(&mut self, line: &Line<'_>) -> Outcome {
        let place = Place {
            file: self.file,
            line: line.number,
        };
        let (mut found, mut message) = decorations::split(line.text);
        if found.count == 0 {
            match embedded(line.text) {
                Some((inner, text)) => (found, message) = (inner, text),
                None if header::printed(&mut self.run, message, place) => {
                    return Outcome::Used;
                }
                None if !looks_like_gc(message) => {
                    self.run.stranger(line.text, place);
                    return Outcome::Quiet;
                }
                None => {}
            }
        }
        self.message(&found, message, place)
    }

    fn finish(mut self) -> Vec<Run> {
        self.finish_run(LifeEnd::LogEnds);
        self.runs
    }
}

/// `Roots JVMTIExport (ZWorker#1) 0.002ms`: what one thread did during a pause of ZGC.
fn is_part_of_pause(text: &[u8]) -> bool {
    let group = memchr::memchr(b'(', text).map_or(&b""[..], |open| &text[open + 1..]);
    group.starts_with(b"ZWorker#") || group.starts_with(b"VM Thread)")
}

/// Whether a line may name a phase or count references: by its tags, or without them by what it says.
fn about_phases(tags: Option<&[u8]>, body: &[u8]) -> bool {
    match tags {
        Some(b"gc" | b"gc,marking") | None if body.starts_with(b"Concurrent ") => true,
        Some(tags) => {
            tags == b"gc,phases"
                || tags.starts_with(b"gc,phases,ref")
                || tags.starts_with(b"gc,ref")
        }
        None => true,
    }
}

/// Takes a line of the statistics that Shenandoah writes when it exits, net of the way to the safepoint:
/// `Degenerated GC (N)       =    7.119 s (a =   161797 us) (n =    44) (lvls, us = …)`.
fn footer(run: &mut Run, text: &[u8]) -> bool {
    let Some(equals) = memchr::memmem::find(text, b" = ") else {
        return false;
    };
    let value = |from: usize| {
        let rest = text[from..].trim_ascii_start();
        number::decimal(rest, 6)
    };
    let count = memchr::memmem::find(text, b"(n = ").and_then(|at| value(at + 5));
    let (Some((total, _)), Some((count, _))) = (value(equals + 3), count) else {
        return false;
    };
    if text[..equals].trim_ascii_end().ends_with(b"(N)") {
        let (so_far, sum) = run.footer.unwrap_or((0, 0));
        let count = u64::try_from(count / 1_000_000).unwrap_or(0);
        run.footer = Some((so_far.saturating_add(count), sum.saturating_add(total)));
    }
    true
}

/// `GC(17) body`: the number and the body without leading blanks.
fn collection(message: &[u8]) -> (Option<u32>, &[u8]) {
    let message = message.trim_ascii_start();
    let Some(rest) = message.strip_prefix(b"GC(") else {
        return (None, message);
    };
    match number::whole(rest) {
        Some((value, used)) if rest[used..].starts_with(b")") => {
            let body = rest[used + 1..].trim_ascii_start();
            (u32::try_from(value).ok(), body)
        }
        _ => (None, message),
    }
}

/// A decorated line behind something else, such as the prefix of a service wrapper.
fn embedded(text: &[u8]) -> Option<(Decorations<'_>, &[u8])> {
    let open = memchr::memchr(b'[', text)?;
    let (found, message) = decorations::split(&text[open..]);
    let gc_tags = found
        .tags
        .is_some_and(|tags| tags.starts_with(b"gc") || tags == b"safepoint");
    (found.are_convincing() && (gc_tags || message.starts_with(b"GC("))).then_some((found, message))
}

/// Whether a line without decorations is the collector's: logs with `none` as decorations exist.
fn looks_like_gc(message: &[u8]) -> bool {
    message.starts_with(b"GC(")
        || message.starts_with(b"Safepoint \"")
        || (message.starts_with(b"Using ") && header::is_head(message))
}

/// The clocks of a line; empty when it has none.
pub(in crate::gc) fn clocks(line: &[u8]) -> crate::gc::run::Clocks {
    decorations::split(line).0.clocks()
}

/// Messages without number or tags that only this log has.
const STANDALONE: [&[u8]; 6] = [
    b"GC STATISTICS:",
    b"=== Garbage Collection Statistics",
    b"Safepoint \"",
    b"Entering safepoint region: ",
    b"Total time for which application threads were stopped: ",
    b"Metaspace (",
];

/// Whether a line is surely of this format: decorated with GC tags, or numbered as a collection.
pub(in crate::gc) fn is_gc_line(line: &[u8]) -> bool {
    let (found, message) = decorations::split(line);
    let (found, message) = match found.count {
        0 => match embedded(line) {
            Some(inner) => inner,
            None => return message.starts_with(b"GC(") && collection(message).0.is_some(),
        },
        _ => (found, message),
    };
    let tagged = found.tags.is_some_and(|tags| tags.starts_with(b"gc"));
    let numbered = collection(message).0.is_some();
    let header = found.are_convincing()
        && (header::is_head(message) || STANDALONE.iter().any(|start| message.starts_with(start)));
    tagged || numbered || header
}
