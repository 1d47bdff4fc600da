//! One run of a JVM as a format reads it: raw events on the run's own clock, before any judgement.

use std::collections::BTreeMap;

use rustc_hash::FxHashMap;

use super::anchor::Between;
use super::event::{Collector, Event, Place};
use super::phases::RawPhases;
use super::report::{IncidentKind, LifeEnd};
use crate::time::{Instant, Moment, Stamp, iso8601};

/// Times beyond a century are damage; without them no sum can overflow.
const LATEST: i64 = 4_000_000_000_000_000;

/// What a line says about time.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Clocks {
    /// Microseconds since the start of the JVM.
    pub(super) uptime: Option<i64>,
    /// Wall clock; [`Stamp::Zoned`] or [`Stamp::Local`].
    pub(super) wall: Option<Stamp>,
}

impl Clocks {
    pub(super) fn is_empty(self) -> bool {
        self.uptime.is_none() && self.wall.is_none()
    }

    pub(super) fn wall_micros(self) -> Option<i64> {
        self.wall.map(|stamp| moment(stamp).lo.0)
    }
}

/// The moment of a stamp, a local one read as UTC.
pub(super) fn moment(stamp: Stamp) -> Moment {
    match stamp {
        Stamp::Zoned(moment) | Stamp::Local(moment) => moment,
        Stamp::Uptime(micros) => Moment::exact(Instant(micros)),
    }
}

/// What the times of a run's events count.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Axis {
    /// Microseconds of uptime.
    Uptime,
    /// Microseconds since 1970.
    Wall,
    /// The log has no clock: the sum of the durations so far, which only keeps the order.
    #[default]
    None,
}

/// A count with its first and last time and its first place.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Note {
    pub(super) count: u64,
    pub(super) first_at: i64,
    pub(super) last_at: i64,
    pub(super) place: Place,
    pub(super) detail: String,
}

/// A fact of the header.
#[derive(Debug, Clone)]
pub(super) struct RawFact {
    pub(super) name: &'static str,
    pub(super) value: String,
    pub(super) place: Place,
}

/// Safepoints of one operation, in nanoseconds.
#[derive(Debug, Clone, Default)]
pub(super) struct RawOperation {
    pub(super) count: u64,
    pub(super) total: i64,
    pub(super) max: i64,
    pub(super) max_place: Place,
    pub(super) reaching: i64,
    pub(super) reaching_max: i64,
    pub(super) reaching_place: Place,
}

/// One run of a JVM.
#[derive(Debug, Clone, Default)]
pub(super) struct Run {
    pub(super) format: &'static str,
    pub(super) axis: Axis,
    pub(super) first: Place,
    pub(super) last: Place,
    pub(super) first_clocks: Clocks,
    pub(super) last_clocks: Clocks,
    /// Raw time of the last line.
    pub(super) now: i64,
    /// A line with both clocks: the bridge between them.
    pub(super) bridge: Option<(i64, Stamp)>,
    pub(super) collector: Collector,
    pub(super) generational: bool,
    pub(super) version: Option<String>,
    pub(super) pid: Option<u64>,
    pub(super) heap_max: Option<u64>,
    pub(super) region: Option<u64>,
    /// The first line of a JVM's log was seen, so nothing before is missing.
    pub(super) has_head: bool,
    pub(super) facts: Vec<RawFact>,
    pub(super) events: Vec<Event>,
    pub(super) notes: BTreeMap<IncidentKind, Note>,
    pub(super) safepoints: BTreeMap<Vec<u8>, RawOperation>,
    pub(super) ended: Option<LifeEnd>,
    /// Bytes in the heap as the exit block says.
    pub(super) used_at_exit: Option<u64>,
    /// Pauses and their sum in microseconds as the JVM itself counted them at its exit.
    pub(super) footer: Option<(u64, i64)>,
    /// A pause whose end is not in the log.
    pub(super) open: Option<(String, Place)>,
    pub(super) phases: RawPhases,
    pub(super) between: Between,
    names: Vec<String>,
    ids: FxHashMap<Vec<u8>, u32>,
}

impl Run {
    pub(super) fn new(format: &'static str) -> Self {
        let mut run = Self {
            format,
            ..Self::default()
        };
        run.name(b"");
        run
    }

    /// Index of a cause.
    pub(super) fn name(&mut self, text: &[u8]) -> u32 {
        if let Some(id) = self.ids.get(text) {
            return *id;
        }
        let id = self.names.len() as u32;
        self.names.push(String::from_utf8_lossy(text).into_owned());
        self.ids.insert(text.to_vec(), id);
        id
    }

    /// The cause behind an index.
    pub(super) fn cause(&self, event: &Event) -> &str {
        self.names.get(event.cause as usize).map_or("", |s| s)
    }

    /// Names the collector of a log whose head is missing, where a cause belongs to one collector alone.
    pub(super) fn guess_collector(&mut self) {
        if self.collector != Collector::Unknown {
            return;
        }
        let has = |start: &str| self.names.iter().any(|name| name.starts_with(start));
        if has("G1 ") {
            self.collector = Collector::G1;
        } else if has("Ergonomics") {
            self.collector = Collector::Parallel;
        }
    }

    /// When memory could not be had for the first time, on the raw clock: what the heap holds afterwards is no trend.
    pub(super) fn first_shortage(&self) -> Option<i64> {
        let note = self.notes.get(&IncidentKind::OutOfMemory)?;
        Some(note.first_at)
    }

    /// Whether nothing was read yet.
    pub(super) fn is_empty(&self) -> bool {
        self.first.line == 0
    }

    /// Takes the time of a line; gives it on the raw clock of the run.
    pub(super) fn tick(&mut self, clocks: Clocks, place: Place) -> i64 {
        if self.first.line == 0 {
            self.first = place;
        }
        self.last = place;
        if clocks.is_empty() {
            return self.now;
        }
        if self.first_clocks.is_empty() {
            self.first_clocks = clocks;
            self.axis = match clocks.uptime {
                Some(_) => Axis::Uptime,
                None => Axis::Wall,
            };
        }
        if self.bridge.is_none()
            && let (Some(uptime), Some(wall)) = (clocks.uptime, clocks.wall)
        {
            self.bridge = Some((uptime, wall));
        }
        let now = match self.axis {
            Axis::Uptime => clocks.uptime,
            Axis::Wall => clocks.wall_micros(),
            Axis::None => None,
        };
        if let Some(now) = now.filter(|now| (0..=LATEST).contains(now)) {
            let both = self.last_clocks.wall_micros().zip(clocks.wall_micros());
            if let Some((before, after)) = both
                && after < before - 1_500_000
                && self.axis == Axis::Uptime
            {
                let detail = crate::text::duration(before - after);
                self.note_at(IncidentKind::ClockSetBack, now, place, &detail);
            }
            self.now = now;
            if self.axis == Axis::Uptime {
                self.between.next(now);
            }
            self.last_clocks = clocks;
        }
        self.now
    }

    /// Takes the date of a line of somebody else: where the collector logs only uptimes it tells the time of day.
    pub(super) fn stranger(&mut self, line: &[u8], place: Place) {
        let is_dated = line.first().is_some_and(u8::is_ascii_digit);
        if is_dated
            && self.axis == Axis::Uptime
            && self.bridge.is_none()
            && let Some((date, _)) = iso8601(line)
        {
            self.between.stranger(date, self.now, place);
        }
    }

    /// Takes the uptime of a further line of a run that counts in uptime.
    pub(super) fn advance(&mut self, uptime: i64, place: Place) {
        self.last = place;
        if (0..=LATEST).contains(&uptime) {
            self.now = uptime;
            self.between.next(uptime);
            self.last_clocks.uptime = Some(uptime);
        }
    }

    /// Counts something that matters at the current time.
    pub(super) fn note(&mut self, kind: IncidentKind, place: Place, detail: &[u8]) {
        let now = self.now;
        match self.notes.get_mut(&kind) {
            Some(note) => {
                note.count += 1;
                note.last_at = now;
            }
            None => self.note_at(kind, now, place, &String::from_utf8_lossy(detail)),
        }
    }

    fn note_at(&mut self, kind: IncidentKind, at: i64, place: Place, detail: &str) {
        let note = self.notes.entry(kind).or_insert_with(|| Note {
            count: 0,
            first_at: at,
            last_at: at,
            place,
            detail: detail.to_owned(),
        });
        note.count += 1;
        note.last_at = at;
    }

    /// Keeps a fact of the header, the first of a name.
    pub(super) fn fact(&mut self, name: &'static str, value: &[u8], place: Place) {
        if self.facts.iter().any(|fact| fact.name == name) {
            return;
        }
        let value = String::from_utf8_lossy(value).trim().to_owned();
        self.facts.push(RawFact { name, value, place });
    }

    /// Keeps one of several facts of the same name, as long as they are few.
    pub(super) fn facts_of(&mut self, name: &'static str, value: &[u8], place: Place) {
        const MOST: usize = 20;
        let value = String::from_utf8_lossy(value).trim().to_owned();
        let same = self.facts.iter().filter(|fact| fact.name == name);
        if same.clone().count() < MOST && !same.clone().any(|fact| fact.value == value) {
            self.facts.push(RawFact { name, value, place });
        }
    }

    /// Adds a safepoint; times in nanoseconds.
    pub(super) fn safepoint(&mut self, name: &[u8], reaching: i64, total: i64, place: Place) {
        if !self.safepoints.contains_key(name) {
            self.safepoints
                .insert(name.to_vec(), RawOperation::default());
        }
        let Some(operation) = self.safepoints.get_mut(name) else {
            return;
        };
        operation.count += 1;
        operation.total = operation.total.saturating_add(total);
        operation.reaching = operation.reaching.saturating_add(reaching);
        if total > operation.max {
            operation.max = total;
            operation.max_place = place;
        }
        if reaching > operation.reaching_max {
            operation.reaching_max = reaching;
            operation.reaching_place = place;
        }
    }

    /// Adds an event that ends now. Pauses that ran inside it are marked: before JDK 14 Serial and CMS print the end of
    /// a failed young pause after the full collection it contains, which has the next number.
    pub(super) fn push(&mut self, event: Event) {
        if event.counts() && event.gc != u32::MAX {
            for earlier in self.events.iter_mut().rev().take(4) {
                let inside = earlier.gc != u32::MAX
                    && earlier.gc > event.gc
                    && earlier.kind == super::event::PauseKind::Full
                    && event.kind == super::event::PauseKind::Young
                    && earlier.begin >= event.begin.saturating_sub(2_000);
                if !inside {
                    break;
                }
                earlier.nested = true;
            }
        }
        if self.axis == Axis::None {
            self.now = self.now.saturating_add(event.micros());
        }
        self.events.push(event);
    }
}
