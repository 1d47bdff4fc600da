//! The only room that sees all evidence: one clock, the lives of each JVM, and why they ended.
//!
//! Three questions are kept apart for every life: who or what ended it ([`End`]), why it could not do its work, and what
//! made that happen. The latter two are answered by hypotheses whose facts are weighed in a ledger.

mod adopt;
mod assign;
mod case;
mod charts;
mod clock;
mod clocks;
mod considered;
mod document;
mod facts;
mod forecast;
mod hypotheses;
mod identity;
mod impact;
mod incarnations;
mod instances;
mod layout;
mod ledger;
mod life_table;
mod load;
mod meeting;
mod needs;
mod placed;
mod platform;
mod recurrence;
mod report;
mod rooms;
mod sources;
mod terminator;
mod timeline;
mod verdict;

pub use clock::Clock;
pub use layout::Layout;
pub use ledger::{Clue, Judged, Question, Seen};
pub use load::load;
pub use report::{
    Answer, End, Entry, Forecast, Formula, Impact, IncidentReport, Life, Link, Meeting, Missing,
    Recurrence, SourceRow, Terminator, Verdict,
};
pub use rooms::Rooms;

use case::Case;
use clocks::Clocks;
use hypotheses::Opinion;
use identity::Identity;
use incarnations::Incarnation;
use instances::Instances;

use crate::finding::{self, Evidence, Locator, RuleMeta};
use crate::input::{Bundle, Kind, Progress};
use crate::t;

/// The hypotheses, described like rules, and what is found where two rooms meet.
pub fn rules() -> Vec<&'static RuleMeta> {
    hypotheses::ALL
        .iter()
        .map(|hypothesis| hypothesis.meta)
        .chain([&meeting::META])
        .collect()
}

/// Reads all evidence of a bundle and joins it.
pub fn analyse(bundle: &Bundle, progress: &dyn Progress) -> IncidentReport {
    let rooms = Rooms::read(bundle, progress);
    progress.phase("joining the evidence", 0);
    let mut report = correlate(rooms);
    report.issues.clone_from(&bundle.issues);
    report.sources = bundle
        .sources
        .iter()
        .map(|source| SourceRow {
            name: source.name.clone(),
            bytes: source.bytes.len() as u64,
            format: source.format.to_owned(),
            kinds: source.kinds().collect(),
        })
        .collect();
    report
}

/// Joins what the rooms found.
pub fn correlate(rooms: Rooms) -> IncidentReport {
    let clocks = Clocks::solve(&rooms);
    let events = placed::place(&rooms, &clocks);
    let instances = Instances::find(&rooms);
    let (incarnations, undecided) = incarnations::find(&rooms, &clocks, &instances, &events);
    let cases: Vec<Case<'_>> = (0..incarnations.len())
        .map(|number| Case::new(number, &incarnations, &rooms, &clocks, &instances, &events))
        .collect();
    let opinions: Vec<Vec<Opinion>> = cases.iter().map(hypotheses::judge_all).collect();
    let lives: Vec<Life> = cases
        .iter()
        .zip(&opinions)
        .enumerate()
        .map(|(index, (case, opinions))| life(index, case, opinions))
        .collect();
    let subject = verdict::subject(&lives);
    let (verdict, chain) = verdict::reach(&lives, subject, &cases, &opinions);
    let never_started =
        subject.is_some_and(|index| lives[index].terminator.kind == End::NeverStarted);
    let missing = verdict::missing(
        subject.map(|index| &opinions[index]),
        verdict.confidence,
        never_started,
    );
    let meetings: Vec<_> = cases.iter().flat_map(meeting::compare).collect();
    let mut findings: Vec<_> = rooms.findings().cloned().collect();
    findings.extend(meeting::findings(&meetings));
    finding::sort(&mut findings);
    IncidentReport {
        verdict,
        impact: impact::assess(&rooms, &clocks, &lives),
        side_by_side: side_by_side(&incarnations, &rooms, undecided),
        unobserved_lives: unobserved(&rooms, &lives),
        chain,
        timeline: timeline::merge(&cases),
        recurrence: recurrence::find(&lives, verdict::fills_up(&lives, subject)),
        forecast: forecast::find(&cases).filter(|_| verdict::heap_fills_up(&lives, subject)),
        formulas: subject.map_or_else(Vec::new, |index| facts::capacity::formulas(&cases[index])),
        platform: subject.map_or_else(Vec::new, |index| {
            platform::answers(&cases[index], &opinions[index])
        }),
        missing,
        meetings,
        findings,
        sources: Vec::new(),
        coverage: rooms.coverage().cloned().collect(),
        issues: Vec::new(),
        clocks: clocks.into_list(),
        lives,
        rooms,
    }
}

fn life(index: usize, case: &Case<'_>, opinions: &[Opinion]) -> Life {
    let answers = |question| {
        let own = opinions.iter().map(|opinion| &opinion.judged);
        own.filter(|judged| judged.question == question)
            .cloned()
            .collect()
    };
    let covered = [
        (Kind::Events, !case.events.is_empty()),
        (Kind::GcLog, case.gc().is_some()),
        (Kind::ThreadDump, !case.dumps.is_empty()),
        (Kind::HeapDump, case.heaps().next().is_some()),
        (Kind::AccessLog, !case.seconds.is_empty()),
        (Kind::HostSnapshot, case.host_speaks()),
    ];
    let occupancy = case.last_occupancy();
    Life {
        number: index as u64 + 1,
        subject: case.name(),
        started: case.life.started,
        ready: case.life.ready,
        ended: case.life.ended,
        running: case.life.running,
        terminator: terminator::classify(case),
        mechanisms: answers(Question::Mechanism),
        causes: answers(Question::Cause),
        occupancy_at_end: occupancy.map(|(_, after, ceiling)| after as f64 / ceiling.max(1) as f64),
        gc_loss_at_end: case.gc_loss_before_end(60 * crate::time::SECOND),
        busy: facts::threads::busy(case),
        covered_by: covered
            .into_iter()
            .filter(|(_, is)| *is)
            .map(|(kind, _)| kind)
            .collect(),
    }
}

/// The programs that ran at the same time, by what tells them apart, and what could be of any of them.
fn side_by_side(lives: &[Incarnation], rooms: &Rooms, undecided: Vec<Evidence>) -> Vec<Evidence> {
    let programs = lives.iter().map(|life| life.program + 1).max().unwrap_or(0);
    if programs < 2 {
        return undecided;
    }
    let of = |program: usize| {
        let own = lives.iter().enumerate();
        let own: Vec<_> = own.filter(|(_, life)| life.program == program).collect();
        let (_, life) = own.first()?;
        let known = own.iter().map(|(_, life)| identity::of_life(life, rooms));
        let known = Identity::joined(known).describe();
        let numbers: Vec<String> = own
            .iter()
            .map(|(index, _)| (index + 1).to_string())
            .collect();
        let name = life.subject.name();
        let told = [name, known].into_iter().filter(|text| !text.is_empty());
        let told: Vec<String> = told.collect();
        let source = life
            .gc
            .map(|index| rooms.gc.lives[index].first.clone())
            .or_else(|| {
                let (dump, _) = life.dumps.first()?;
                let dump = &rooms.threads.dumps[*dump];
                Some(Locator::line(dump.source.clone(), dump.line))
            })
            .or_else(|| {
                rooms.events.lives[life.container?]
                    .locators
                    .first()
                    .cloned()
            })?;
        let statement = match told.is_empty() {
            true => t!(
                "a JVM of its own: life {numbers}",
                numbers = numbers.join(", ")
            ),
            false => t!(
                "a JVM of its own: life {numbers}; {told}",
                numbers = numbers.join(", "),
                told = told.join("; ")
            ),
        };
        Some(Evidence::new(statement, source))
    };
    (0..programs).filter_map(of).chain(undecided).collect()
}

/// Restarts that the supervisor counted beyond the lives that left evidence.
fn unobserved(rooms: &Rooms, lives: &[Life]) -> u64 {
    let events = &rooms.events;
    let states = events.containers.iter().filter(|state| !state.init);
    let counted = states
        .filter_map(|state| state.restart_count)
        .chain(events.outputs.iter().map(|output| output.number))
        .map(|restarts| restarts.saturating_add(1))
        .max();
    counted.map_or(0, |counted| counted.saturating_sub(lives.len() as u64))
}
