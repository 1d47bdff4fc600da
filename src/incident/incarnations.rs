//! The lives of each JVM: starts that different sources saw are one start, and each life owns its evidence.

use super::adopt::adopt_unclocked_logs;
use super::assign::give_evidence;
use super::clocks::{Clocks, jvm_start};
use super::identity::Identity;
use super::instances::Instances;
use super::placed::Placed;
use super::rooms::Rooms;
use crate::events::{Product, Subject, What};
use crate::finding::Evidence;
use crate::gc::LifeEnd;
use crate::time::{Moment, SECOND};

/// Between the order to start a container and the start of its JVM.
const EXEC_DELAY: i64 = 10 * SECOND;
/// The longest start-up that a "server is up" line without further evidence stands for.
const START_UP: i64 = 120 * SECOND;

/// One life of a JVM with the evidence that speaks of it, as positions in the rooms' reports.
#[derive(Debug, Clone, Default)]
pub(super) struct Incarnation {
    pub(super) subject: Subject,
    /// Which of the programs that ran side by side it is a life of, from 0.
    pub(super) program: usize,
    /// The folder that its evidence lies in, where folders hold one instance each.
    pub(super) folder: Option<String>,
    pub(super) started: Option<Moment>,
    pub(super) ready: Option<Moment>,
    pub(super) ended: Option<Moment>,
    pub(super) running: bool,
    /// In `rooms.events.lives`.
    pub(super) container: Option<usize>,
    /// In `rooms.gc.lives`.
    pub(super) gc: Option<usize>,
    /// In `rooms.threads.dumps`, with the time each was taken.
    pub(super) dumps: Vec<(usize, Option<Moment>)>,
    /// In `rooms.heap`.
    pub(super) heaps: Vec<usize>,
    /// In [`Rooms::access_logs`].
    pub(super) access: Option<usize>,
    /// In the list of placed events, with the time in this life. A counted series of which only the first and the last
    /// are known can reach over several lives.
    pub(super) events: Vec<(usize, Option<Moment>)>,
}

impl Incarnation {
    /// What its supervisor calls it, else the folder that its evidence lies in.
    pub(super) fn name(&self) -> String {
        match (self.subject.name(), &self.folder) {
            (name, Some(folder)) if name.is_empty() => folder.clone(),
            (name, _) => name,
        }
    }

    /// Whether the two look like instances of one application: pods of one controller, or folders side by side.
    pub(super) fn beside(&self, other: &Self) -> bool {
        let controller = |life: &Self| {
            let pod = life.subject.pod.as_ref()?;
            Some(pod.rsplit_once('-')?.0.to_owned())
        };
        match (controller(self), controller(other)) {
            (Some(own), Some(other)) => own == other,
            _ => self.folder.is_some() && other.folder.is_some(),
        }
    }

    /// Whether the two can have run at the same time.
    pub(super) fn overlaps(&self, other: &Self) -> bool {
        let over = |one: &Self, two: &Self| {
            let ended = one.ended.filter(|_| !one.running);
            ended
                .zip(two.started)
                .is_some_and(|(end, start)| end.lo <= start.hi)
        };
        !over(self, other) && !over(other, self)
    }
}

/// Who saw a start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Witness {
    Container(usize),
    Gc(usize),
    Dump(usize),
    Server,
}

impl Witness {
    /// What the witness says of its JVM.
    fn identity(self, rooms: &Rooms) -> Identity {
        match self {
            Self::Gc(index) => Identity::of_gc(&rooms.gc.lives[index]),
            Self::Dump(index) => Identity::of_dump(&rooms.threads.dumps[index]),
            Self::Container(index) => Identity::of_event(rooms.events.lives[index].subject.pid, ""),
            Self::Server => Identity::default(),
        }
    }

    /// Those who know the start best come first.
    fn rank(self) -> u8 {
        match self {
            Self::Container(_) => 0,
            Self::Gc(_) => 1,
            Self::Dump(_) => 2,
            Self::Server => 3,
        }
    }

    /// Two starts seen by witnesses of the same sort are two starts, except for dumps of one process: each repeats the
    /// same one.
    fn excludes(self, other: Self, rooms: &Rooms) -> bool {
        match (self, other) {
            (Self::Dump(one), Self::Dump(two)) => {
                let process = |index: usize| rooms.threads.dumps[index].process;
                process(one) != process(two)
            }
            (Self::Container(_), Self::Container(_)) | (Self::Gc(_), Self::Gc(_)) => true,
            (Self::Server, Self::Server) => true,
            (Self::Container(_) | Self::Gc(_) | Self::Dump(_) | Self::Server, _) => false,
        }
    }
}

/// Between the two, where they do not overlap.
fn gap(one: Moment, two: Moment) -> i64 {
    one.lo.since(two.hi).max(two.lo.since(one.hi)).max(0)
}

/// Finds the lives, in order of time, and gives each its evidence; notes tell what could be of several.
pub(super) fn find(
    rooms: &Rooms,
    clocks: &Clocks,
    instances: &Instances,
    events: &[Placed<'_>],
) -> (Vec<Incarnation>, Vec<Evidence>) {
    let mut lives = cluster(starts(rooms, clocks, events), rooms, instances);
    if lives.is_empty() {
        lives.push(Incarnation::default());
    }
    adopt_unclocked_logs(&mut lives, rooms, clocks, instances);
    number_programs(&mut lives, rooms, clocks);
    end(&mut lives, rooms, clocks);
    drop_sidecars(&mut lives, rooms);
    let notes = give_evidence(&mut lives, rooms, clocks, instances, events);
    (lives, notes)
}

/// Lives that ran at the same time, or whose supervisor names them differently, are of different programs; lives one
/// after the other are of the same.
fn number_programs(lives: &mut [Incarnation], rooms: &Rooms, clocks: &Clocks) {
    let seen = |life: &Incarnation| {
        let logged = life.gc.and_then(|index| {
            let gc = &rooms.gc.lives[index];
            clocks.place(&gc.last.source, gc.last_stamp)
        });
        let dumped = life.dumps.iter().filter_map(|(index, _)| {
            let dump = &rooms.threads.dumps[*index];
            clocks.place(&dump.source, dump.taken?)
        });
        dumped.chain(logged).max_by_key(|at| at.lo)
    };
    let mut last: Vec<usize> = Vec::new();
    for index in 0..lives.len() {
        let follows = |before: &&usize| {
            let (before, own) = (&lives[**before], &lives[index]);
            let overlap = seen(before)
                .zip(own.started)
                .is_some_and(|(seen, start)| seen.lo > start.hi.plus(SECOND));
            let folders = before.folder.as_ref().zip(own.folder.as_ref());
            let side = folders.is_some_and(|(before, own)| before != own);
            !overlap && !side && !contradict(&before.subject, &own.subject)
        };
        let program = last.iter().rposition(|before| follows(&before));
        let program = program.unwrap_or_else(|| {
            last.push(index);
            last.len() - 1
        });
        last[program] = index;
        lives[index].program = program;
    }
}

/// A start that somebody saw, and the source that tells of it.
type Start<'r> = (Moment, Witness, &'r str);

/// Every start that some source saw.
fn starts<'r>(rooms: &'r Rooms, clocks: &Clocks, events: &[Placed<'r>]) -> Vec<Start<'r>> {
    let mut starts = Vec::new();
    for (index, life) in rooms.events.lives.iter().enumerate() {
        let source = life
            .locators
            .first()
            .map_or("", |place| place.source.as_str());
        if let Some(at) = life.started.and_then(|stamp| clocks.place(source, stamp)) {
            starts.push((at, Witness::Container(index), source));
        }
    }
    for (index, life) in rooms.gc.lives.iter().enumerate() {
        let first = || clocks.place(&life.first.source, life.first_stamp);
        if let Some(at) = life.started.or_else(first) {
            starts.push((at, Witness::Gc(index), life.first.source.as_str()));
        }
    }
    for (index, dump) in rooms.threads.dumps.iter().enumerate() {
        if let Some(at) = jvm_start(dump).and_then(|stamp| clocks.place(&dump.source, stamp)) {
            starts.push((at, Witness::Dump(index), dump.source.as_str()));
        }
    }
    for placed in events {
        let What::ServerStarted {
            took,
            jvm_uptime,
            product,
            ..
        } = *placed.what()
        else {
            continue;
        };
        // One service may listen on several ports, one after the other.
        if product == Product::Other {
            continue;
        }
        let Some(at) = placed.at else { continue };
        let start = match (jvm_uptime, took) {
            (Some(age), _) => at.plus(-age),
            (None, took) => {
                let latest = at.plus(-took.unwrap_or(0));
                Moment {
                    lo: latest.lo.plus(-START_UP),
                    hi: latest.hi,
                }
            }
        };
        let source = placed.event.locator.source.as_str();
        starts.push((start, Witness::Server, source));
    }
    starts
}

/// Joins starts that different witnesses saw within the delay of an exec into one life each: with the start that is
/// nearest in time among those that nothing contradicts.
fn cluster(mut starts: Vec<Start<'_>>, rooms: &Rooms, instances: &Instances) -> Vec<Incarnation> {
    starts.sort_by_key(|(at, witness, _)| (witness.rank(), at.hi, at.lo));
    let mut clusters: Vec<Vec<Start<'_>>> = Vec::new();
    for (at, witness, source) in starts {
        let own = instances.of(source);
        let identity = witness.identity(rooms);
        let joins = |cluster: &&mut Vec<Start<'_>>| {
            cluster.iter().all(|(_, other, place)| {
                !witness.excludes(*other, rooms)
                    && !instances.foreign(own, place)
                    && !identity.apart(&other.identity(rooms))
            }) && cluster.iter().any(|(other, ..)| {
                at.lo <= other.hi.plus(EXEC_DELAY) && other.lo <= at.hi.plus(EXEC_DELAY)
            })
        };
        let distance = |cluster: &&mut Vec<Start<'_>>| {
            let gaps = cluster.iter().map(|(other, ..)| gap(at, *other));
            gaps.min().unwrap_or(i64::MAX)
        };
        match clusters.iter_mut().rev().filter(joins).min_by_key(distance) {
            Some(cluster) => cluster.push((at, witness, source)),
            None => clusters.push(vec![(at, witness, source)]),
        }
    }
    clusters
        .iter()
        .map(|cluster| {
            let mut life = Incarnation {
                // The narrowest view of the start is the best known.
                started: cluster
                    .iter()
                    .map(|(at, ..)| *at)
                    .min_by_key(|at| at.width()),
                folder: cluster
                    .iter()
                    .find_map(|(.., source)| instances.of(source))
                    .map(str::to_owned),
                ..Incarnation::default()
            };
            for (_, witness, _) in cluster {
                match *witness {
                    Witness::Container(index) => {
                        life.container = Some(index);
                        life.subject = rooms.events.lives[index].subject.clone();
                    }
                    Witness::Gc(index) => life.gc = Some(index),
                    Witness::Dump(index) => life.dumps.push((index, None)),
                    Witness::Server => {}
                }
            }
            life
        })
        .collect()
}

/// When each life ended: as the supervisor saw it, else between the last line it logged and the next start.
fn end(lives: &mut [Incarnation], rooms: &Rooms, clocks: &Clocks) {
    let next_starts: Vec<Option<Moment>> = (0..lives.len())
        .map(|index| {
            let mut later = lives[index + 1..].iter();
            later
                .find(|next| next.program == lives[index].program)?
                .started
        })
        .collect();
    for (life, next) in lives.iter_mut().zip(next_starts) {
        let container = life.container.map(|index| &rooms.events.lives[index]);
        if let Some(container) = container {
            let source = container.locators.first().map_or("", |at| &at.source);
            life.running = container.running;
            life.ended = container.ended.and_then(|at| clocks.place(source, at));
        }
        let Some(gc) = life.gc.map(|index| &rooms.gc.lives[index]) else {
            continue;
        };
        let last = clocks.place(&gc.last.source, gc.last_stamp);
        if let (Some(ended), Some(last)) = (life.ended, last) {
            life.ended = Some(sharper(ended, last, gc.ended));
        }
        if life.ended.is_none() && !life.running {
            life.ended = match (gc.ended, last, next) {
                (LifeEnd::ExitBlock, Some(last), _) => Some(last),
                (_, Some(last), Some(next)) if last.lo < next.hi => Some(Moment {
                    lo: last.lo,
                    hi: next.hi,
                }),
                _ => None,
            };
        }
    }
}

/// The end as its supervisor saw it, narrowed by the last line that the JVM logged: it lived at least until then, and
/// after the exit summary hardly any longer.
fn sharper(ended: Moment, last: Moment, how: LifeEnd) -> Moment {
    if !(ended.lo..=ended.hi).contains(&last.lo) {
        return ended;
    }
    let hi = match how {
        LifeEnd::ExitBlock => ended.hi.min(last.hi.plus(SECOND)),
        LifeEnd::LogEnds | LifeEnd::NextLife => ended.hi,
    };
    Moment { lo: last.lo, hi }
}

/// A container that never failed and of which no JVM evidence speaks is not what this is about.
fn drop_sidecars(lives: &mut Vec<Incarnation>, rooms: &Rooms) {
    let speaks = |life: &Incarnation| life.gc.is_some() || !life.dumps.is_empty();
    if !lives.iter().any(speaks) {
        return;
    }
    let known: Vec<_> = lives
        .iter()
        .filter(|life| speaks(life))
        .filter_map(|life| life.subject.container.clone())
        .collect();
    let units: Vec<Option<String>> = lives
        .iter()
        .filter(|life| speaks(life))
        .map(|life| life.subject.unit.clone())
        .collect();
    lives.retain(|life| {
        let own = life
            .subject
            .container
            .as_ref()
            .is_none_or(|name| known.contains(name));
        let unit = life.subject.unit.as_ref();
        let own = own && unit.is_none_or(|unit| units.contains(&Some(unit.clone())));
        let end = life
            .container
            .and_then(|index| rooms.events.lives[index].end.as_ref());
        let died = end.is_some_and(|end| end.exit_code != Some(0));
        speaks(life) || own || died
    });
}

/// Whether both name the same sort of thing and name it differently.
pub(super) fn contradict(left: &Subject, right: &Subject) -> bool {
    let differ = |left: &Option<String>, right: &Option<String>| {
        left.as_ref()
            .zip(right.as_ref())
            .is_some_and(|(left, right)| left != right)
    };
    differ(&left.pod, &right.pod)
        || differ(&left.uid, &right.uid)
        || differ(&left.container, &right.container)
        || differ(&left.container_id, &right.container_id)
        || differ(&left.unit, &right.unit)
        || differ(&left.site, &right.site)
}
