//! Gives every dump and event to the life it is about. Where several JVMs ran at the same time and nothing in a piece
//! tells which of them it is of, it is given to none, and the report says so.

use std::collections::{BTreeMap, BTreeSet};

use super::clocks::Clocks;
use super::identity::{self, Identity};
use super::incarnations::{Incarnation, contradict};
use super::instances::Instances;
use super::placed::Placed;
use super::rooms::Rooms;
use super::terminator::OUT_OF_MEMORY;
use crate::access::{AccessReport, InstanceRow};
use crate::events::{Event, Rough, Subject, What};
use crate::finding::{Evidence, Locator};
use crate::t;
use crate::text::count;
use crate::time::{Instant, SECOND};

/// A kill and the end it causes are at most this far apart.
const AT_ONCE: i64 = 5 * SECOND;

/// The lives as they stand before evidence without a start of its own is given to them.
struct Owners<'a> {
    instances: &'a Instances,
    /// What is known of each life's JVM.
    identities: Vec<Identity>,
    /// Words in the file names of one program only, for each program.
    own_words: Vec<BTreeSet<String>>,
    /// Sources that could be of several JVMs, and how much of each.
    open: BTreeMap<String, u64>,
}

impl<'a> Owners<'a> {
    fn new(lives: &[Incarnation], rooms: &Rooms, instances: &'a Instances) -> Self {
        let identities: Vec<Identity> = lives
            .iter()
            .map(|life| identity::of_life(life, rooms))
            .collect();
        let programs = lives.iter().map(|life| life.program + 1).max().unwrap_or(0);
        let words = |program: usize| -> BTreeSet<&String> {
            let own = lives.iter().zip(&identities);
            own.filter(|(life, _)| life.program == program)
                .flat_map(|(_, identity)| identity.words())
                .collect()
        };
        let own_words = (0..programs)
            .map(|program| {
                let others: BTreeSet<&String> = (0..programs)
                    .filter(|other| *other != program)
                    .flat_map(words)
                    .collect();
                let own = words(program).into_iter();
                own.filter(|word| !others.contains(word)).cloned().collect()
            })
            .collect();
        Self {
            instances,
            identities,
            own_words,
            open: BTreeMap::new(),
        }
    }

    /// Of each program the last life that had begun at `at` and can be the one: with a second of grace for clocks that
    /// truncate.
    fn candidates(
        &self,
        lives: &[Incarnation],
        source: &str,
        subject: Option<&Subject>,
        own: &Identity,
        at: Instant,
    ) -> Vec<usize> {
        let mut last: BTreeMap<usize, usize> = BTreeMap::new();
        for (index, life) in lives.iter().enumerate() {
            let begun = life
                .started
                .is_some_and(|start| start.lo.plus(-SECOND) <= at);
            let foreign = self.instances.foreign(life.folder.as_deref(), source);
            let other = subject.is_some_and(|subject| contradict(&life.subject, subject));
            if begun && !foreign && !other && !self.identities[index].apart(own) {
                last.insert(life.program, index);
            }
        }
        last.into_values().collect()
    }

    /// The one of several candidates that agrees with `own` in more than not contradicting it.
    fn decide(&self, lives: &[Incarnation], found: &[usize], own: &Identity) -> Option<usize> {
        if let [only] = found {
            return Some(*only);
        }
        let agrees = |index: &&usize| {
            let words = self.own_words[lives[**index].program].iter().collect();
            own.agrees(&self.identities[**index], &words)
        };
        let mut agreeing = found.iter().filter(agrees);
        let first = *agreeing.next()?;
        agreeing.next().is_none().then_some(first)
    }

    fn at_time(
        &mut self,
        lives: &[Incarnation],
        source: &str,
        own: &Identity,
        at: Instant,
    ) -> Option<usize> {
        let found = self.candidates(lives, source, None, own, at);
        let owner = self.decide(lives, &found, own);
        self.note(source, &found, owner)
    }

    fn note(&mut self, source: &str, found: &[usize], owner: Option<usize>) -> Option<usize> {
        if owner.is_none() && found.len() > 1 {
            *self.open.entry(source.to_owned()).or_default() += 1;
        }
        owner
    }

    /// The lives that an event is about: what a node says of itself is about all that run on it.
    fn of_event(&mut self, lives: &[Incarnation], event: &Event, at: Instant) -> Vec<usize> {
        let source = event.locator.source.as_str();
        let own = Identity::of_event(event.subject.pid, source);
        let found = self.candidates(lives, source, Some(&event.subject), &own, at);
        if found.len() > 1 && event.subject.node.is_some() && event.subject.pod.is_none() {
            return found;
        }
        let owner = self.decide(lives, &found, &own).or_else(|| {
            let ended = |index: &&usize| {
                let ended = lives[**index].ended;
                ended.is_some_and(|end| end.hi.since(at).abs() <= AT_ONCE)
            };
            let mut ended = found.iter().filter(ended);
            let first = *ended.next().filter(|_| event.what.is_memory_kill())?;
            ended.next().is_none().then_some(first)
        });
        self.note(source, &found, owner).into_iter().collect()
    }

    /// The lives that an access log is of: all that ran one after the other, and of several that ran at the same time the
    /// one program whose folder it lies in or whose name it has.
    fn of_access(&mut self, lives: &[Incarnation], sources: &[&str]) -> Vec<usize> {
        let foreign = |life: &Incarnation| {
            let folder = life.folder.as_deref();
            let mut sources = sources.iter();
            sources.any(|source| self.instances.foreign(folder, source))
        };
        let found: Vec<usize> = (0..lives.len())
            .filter(|life| !foreign(&lives[*life]))
            .collect();
        let beside = |one: &usize, two: &usize| {
            let (one, two) = (&lives[*one], &lives[*two]);
            one.program != two.program && one.overlaps(two)
        };
        if !found
            .iter()
            .any(|one| found.iter().any(|two| beside(one, two)))
        {
            return found;
        }
        let own = Identity::joined(
            sources
                .iter()
                .map(|source| Identity::of_event(None, source)),
        );
        let last: BTreeMap<usize, usize> = found
            .iter()
            .map(|life| (lives[*life].program, *life))
            .collect();
        let last: Vec<usize> = last.into_values().collect();
        let Some(owner) = self.decide(lives, &last, &own) else {
            for source in sources {
                *self.open.entry((*source).to_owned()).or_default() += 1;
            }
            return Vec::new();
        };
        let program = lives[owner].program;
        found
            .into_iter()
            .filter(|life| lives[*life].program == program)
            .collect()
    }

    /// What could not be decided, in words.
    fn notes(self) -> Vec<Evidence> {
        let note = |(source, count): (String, u64)| {
            let statement = match count {
                1 => t!("could be of any JVM that ran then: nothing in it says which; not used"),
                _ => t!(
                    "{count} statements could be of any JVM that ran then: nothing in them says which; not used",
                    count
                ),
            };
            Evidence::new(statement, Locator::whole(source))
        };
        self.open.into_iter().map(note).collect()
    }
}

/// Gives every dump and event to the life in whose time it falls. The time after a death belongs to the dead, until
/// the next life begins. What could be of several JVMs comes back as a note.
pub(super) fn give_evidence(
    lives: &mut [Incarnation],
    rooms: &Rooms,
    clocks: &Clocks,
    instances: &Instances,
    events: &[Placed<'_>],
) -> Vec<Evidence> {
    let mut owners = Owners::new(lives, rooms, instances);
    for (index, dump) in rooms.threads.dumps.iter().enumerate() {
        let taken = dump
            .taken
            .and_then(|stamp| clocks.place(&dump.source, stamp));
        let owner = lives
            .iter()
            .position(|life| life.dumps.iter().any(|(own, _)| *own == index))
            .or_else(|| {
                let own = Identity::of_dump(dump);
                owners.at_time(lives, &dump.source, &own, taken?.lo)
            })
            .or((lives.len() == 1).then_some(0));
        if let Some(owner) = owner {
            lives[owner].dumps.retain(|(own, _)| *own != index);
            lives[owner].dumps.push((index, taken));
        }
    }
    for (index, heap) in rooms.heap.iter().enumerate() {
        let owner = heap
            .taken
            .and_then(|taken| {
                let own = Identity::of_heap(heap);
                owners.at_time(lives, &heap.source, &own, taken)
            })
            .or((lives.len() == 1).then_some(0));
        if let Some(owner) = owner {
            lives[owner].heaps.push(index);
        }
    }
    let mut shared = Vec::new();
    for (index, log) in rooms.access_logs().iter().enumerate() {
        shared.extend(of_several_servers(log));
        let sources: Vec<&str> = log
            .formats
            .iter()
            .map(|read| read.source.as_str())
            .collect();
        for owner in owners.of_access(lives, &sources) {
            // A log in the folder of an instance goes before one that lies outside of all.
            let inside = sources.iter().any(|source| instances.of(source).is_some());
            if lives[owner].access.is_none() || inside {
                lives[owner].access = Some(index);
            }
        }
    }
    let mut homeless: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (index, placed) in events.iter().enumerate() {
        let source = placed.event.locator.source.as_str();
        let stamp = match (placed.at, placed.event.rough) {
            // After the last stamp of its source, or before the first: in the same life as the line that has it.
            (None, Some(Rough::After(stamp) | Rough::Before(stamp))) => clocks.place(source, stamp),
            (at, _) => at,
        };
        let mut found =
            stamp.map_or_else(Vec::new, |at| owners.of_event(lives, placed.event, at.lo));
        if found.is_empty() && lives.len() == 1 {
            found.push(0);
        }
        if found.is_empty() {
            homeless.entry(source).or_default().push(index);
        }
        for owner in &found {
            let life = &mut lives[*owner];
            life.events.push((index, placed.at));
            if matches!(placed.what(), What::ServerStarted { .. }) && life.ready.is_none() {
                life.ready = placed.at;
            }
        }
        let last = placed
            .until
            .map_or_else(Vec::new, |at| owners.of_event(lives, placed.event, at.lo));
        for last in last.into_iter().filter(|last| !found.contains(last)) {
            lives[last].events.push((index, placed.until));
        }
    }
    for unplaced in homeless.into_values() {
        if let Some(owner) = author(lives, rooms, events, &unplaced) {
            let own = unplaced.into_iter().map(|index| (index, None));
            lives[owner].events.extend(own);
        }
    }
    for life in lives {
        life.dumps.sort_by_key(|(index, _)| *index);
    }
    let mut notes = owners.notes();
    notes.extend(shared);
    notes
}

/// Servers named of a log that carries the requests of several.
const SERVERS: usize = 5;

/// The log of a proxy says which server answered each request. Its load is that of all of them together, whichever JVM it
/// is given to: whose requests they are, and until when each server answered, is said.
fn of_several_servers(log: &AccessReport) -> Option<Evidence> {
    let source = log.formats.first()?.source.as_str();
    let named = |row: &&InstanceRow| !source.contains(row.name.as_str()) && row.requests > 0;
    let servers: Vec<&InstanceRow> = log.instances.iter().filter(named).collect();
    if servers.len() < 2 || log.formats.len() > 1 {
        return None;
    }
    let each = servers.iter().take(SERVERS).map(|row| {
        let requests = count(row.requests);
        let until = row
            .span
            .map_or_else(|| "–".to_owned(), |(_, last)| last.to_string());
        t!(
            "{name} ({requests} requests, {errors} with 5xx, the last at {until})",
            name = row.name,
            requests,
            errors = count(row.errors),
            until
        )
    });
    let each: Vec<String> = each.collect();
    let statement = t!(
        "carries the requests of {servers} servers, which are not divided among the JVMs: {each}",
        servers = servers.len(),
        each = each.join("; ")
    );
    Some(Evidence::new(statement, Locator::whole(source)))
}

/// The life that wrote an output without stamps: the only one that ended as the output says, or the only one that left
/// the heap dump it tells of.
fn author(
    lives: &[Incarnation],
    rooms: &Rooms,
    events: &[Placed<'_>],
    unplaced: &[usize],
) -> Option<usize> {
    let tells = |test: fn(&What) -> bool| unplaced.iter().any(|index| test(events[*index].what()));
    let only = |test: &dyn Fn(&Incarnation) -> bool| {
        let mut found = (0..lives.len()).filter(|life| test(&lives[*life]));
        found.next().filter(|_| found.next().is_none())
    };
    if tells(|what| matches!(what, What::JvmTerminating { abort: false })) {
        let ended_so = |life: &Incarnation| {
            let end = life
                .container
                .and_then(|index| rooms.events.lives[index].end.as_ref());
            end.and_then(|end| end.exit_code) == Some(OUT_OF_MEMORY)
        };
        return only(&ended_so);
    }
    tells(|what| matches!(what, What::HeapDumpBegun { .. }))
        .then(|| only(&|life| !life.heaps.is_empty()))?
}
