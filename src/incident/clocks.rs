//! Collects what sources have in common, solves their clocks, and places everything they say in UTC.

use std::collections::BTreeMap;

use super::clock::{Clock, Known, Signal};
use super::rooms::Rooms;
use crate::access::AccessReport;
use crate::events::What;
use crate::threads::DumpSummary;
use crate::time::{Moment, SECOND, Stamp};

/// The solved clocks of all sources that have stamps.
#[derive(Debug, Default)]
pub(super) struct Clocks {
    by_source: BTreeMap<String, Clock>,
}

impl Clocks {
    /// Solves all clocks: first what is zoned, then what hangs on it.
    pub(super) fn solve(rooms: &Rooms) -> Self {
        let mut known = Known::default();
        let mut local: BTreeMap<&str, Vec<(Signal, Moment)>> = BTreeMap::new();
        let mut clocks = Self::default();
        for (source, signal, stamp) in signals(rooms) {
            match stamp {
                Stamp::Zoned(moment) => {
                    known.see(signal, moment);
                    let clock = || Clock::zoned(source);
                    let entry = clocks.by_source.entry(source.to_owned());
                    entry.or_insert_with(clock);
                }
                Stamp::Local(moment) => local.entry(source).or_default().push((signal, moment)),
                Stamp::Uptime(_) => {}
            }
        }
        // A source with events in common is solved before one that must lean on it.
        let mut open: Vec<_> = local.into_iter().collect();
        open.sort_by_key(|(_, signals)| {
            !signals
                .iter()
                .any(|(signal, _)| *signal != Signal::Activity)
        });
        let layout = rooms.layout.as_ref();
        known.told = layout.and_then(|layout| layout.east_of_utc);
        for (source, signals) in open {
            let clock = Clock::solve(source, &signals, &known);
            if let Some(offset) = clock.east_of_utc {
                if !known.offsets.contains(&offset) {
                    known.offsets.push(offset);
                }
                for (signal, moment) in signals {
                    known.see(signal, moment.plus(-offset));
                }
            }
            clocks.by_source.insert(source.to_owned(), clock);
        }
        clocks
    }

    /// The moment that a stamp of `source` means.
    pub(super) fn place(&self, source: &str, stamp: Stamp) -> Option<Moment> {
        match (stamp, self.by_source.get(source)) {
            (Stamp::Zoned(moment), _) => Some(moment),
            (stamp, Some(clock)) => clock.place(stamp, None),
            (_, None) => None,
        }
    }

    /// What the access room says about time, which is zoned or on one local clock.
    pub(super) fn place_access(&self, log: &AccessReport, moment: Moment) -> Option<Moment> {
        if log.zoned {
            return Some(moment);
        }
        let source = log.formats.first()?;
        self.place(&source.source, Stamp::Local(moment))
    }

    /// All clocks, by source.
    pub(super) fn into_list(self) -> Vec<Clock> {
        self.by_source.into_values().collect()
    }
}

impl Known {
    fn see(&mut self, signal: Signal, moment: Moment) {
        self.signals.push((signal, moment));
        self.span = Some(match self.span {
            None => (moment, moment),
            Some((first, last)) => (
                if moment.lo < first.lo { moment } else { first },
                if moment.hi > last.hi { moment } else { last },
            ),
        });
    }
}

/// When the JVM of a dump started: the date of the dump less the age of its main thread. The main thread is created a
/// few hundred milliseconds into the start.
pub(super) fn jvm_start(dump: &DumpSummary) -> Option<Stamp> {
    let age = dump.elapsed_of_main?;
    let early = |moment: Moment| Moment {
        lo: moment.lo.plus(-SECOND),
        hi: moment.hi,
    };
    match dump.taken? {
        Stamp::Zoned(moment) => Some(Stamp::Zoned(early(moment.plus(-age)))),
        Stamp::Local(moment) => Some(Stamp::Local(early(moment.plus(-age)))),
        Stamp::Uptime(_) => None,
    }
}

/// Everything with a stamp, as source, signal and stamp.
fn signals(rooms: &Rooms) -> Vec<(&str, Signal, Stamp)> {
    let mut out = Vec::new();
    for life in &rooms.gc.lives {
        let source = life.first.source.as_str();
        out.push((source, Signal::Activity, life.first_stamp));
        out.push((source, Signal::Activity, life.last_stamp));
        if let (Some(started), true) = (life.started, life.axis_is_uptime) {
            out.push((source, Signal::JvmStart, Stamp::Zoned(started)));
        }
    }
    for dump in &rooms.threads.dumps {
        if let Some(taken) = dump.taken {
            out.push((&dump.source, Signal::Activity, taken));
        }
        if let Some(start) = jvm_start(dump) {
            out.push((&dump.source, Signal::JvmStart, start));
        }
    }
    for heap in &rooms.heap {
        if let Some(taken) = heap.taken {
            let taken = Stamp::Zoned(Moment::truncated(taken, 1000));
            out.push((&heap.source, Signal::HeapExhausted, taken));
        }
    }
    for event in &rooms.events.events {
        let signal = match event.what {
            What::ServerStarted { .. } => Signal::ServerUp,
            What::ContainerStarted => Signal::JvmStart,
            What::OutOfMemoryError { .. } | What::HeapDumpBegun { .. } => Signal::HeapExhausted,
            _ => Signal::Activity,
        };
        for stamp in [event.at, event.until].into_iter().flatten() {
            out.push((&event.locator.source, signal, stamp));
        }
        if let (
            What::ServerStarted {
                jvm_uptime: Some(age),
                ..
            },
            Some(at),
        ) = (&event.what, event.at)
        {
            let start = match at {
                Stamp::Zoned(moment) => Stamp::Zoned(moment.plus(-age)),
                Stamp::Local(moment) => Stamp::Local(moment.plus(-age)),
                Stamp::Uptime(_) => continue,
            };
            out.push((&event.locator.source, Signal::JvmStart, start));
        }
    }
    for (place, stamp) in &rooms.host.dates {
        out.push((&place.source, Signal::Activity, *stamp));
    }
    for log in [&rooms.access].into_iter().chain(&rooms.access_of) {
        let (Some((first, last)), Some(source)) = (log.span, log.formats.first()) else {
            continue;
        };
        let stamp = |moment| match log.zoned {
            true => Stamp::Zoned(moment),
            false => Stamp::Local(moment),
        };
        out.push((&source.source, Signal::Activity, stamp(first)));
        out.push((&source.source, Signal::Activity, stamp(last)));
    }
    out
}
