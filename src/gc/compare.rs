//! Before and after: did the tuning help, by how much, on which measure.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::report::GcLife;
use crate::document::{Block, Section, Table, Words};
use crate::t;
use crate::text;
use crate::time::SECOND;

/// What changed from one set of logs to another.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[schemars(rename = "GcComparison")]
pub struct Comparison {
    /// Sources before.
    pub before: Vec<String>,
    /// Sources after.
    pub after: Vec<String>,
    /// Why the logs are not, or only in part, comparable; empty when nothing speaks against it.
    pub caveats: Vec<String>,
    /// Measures in the order to be shown.
    pub measures: Vec<Measure>,
    /// The answer in one sentence.
    pub verdict: String,
}

/// One measure before and after.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measure {
    /// Its name.
    pub name: String,
    /// Before, formatted with its unit.
    pub before: String,
    /// After, formatted with its unit.
    pub after: String,
    /// After divided by before, when both are numbers and before is not zero.
    pub ratio: Option<f64>,
    /// Whether the change is an improvement; `None` when it is neither.
    pub better: Option<bool>,
}

/// A change of less than this share is noise.
const NOISE: f64 = 0.05;
/// Loads that differ by this factor are not the same load.
const LOAD: f64 = 1.5;
/// Logs whose lengths differ by this factor saw rare events with different luck.
const LENGTH: f64 = 3.0;
/// Fewer pauses than this say little.
const FEW: u64 = 10;

/// What a measure is made of: numbers of both sides and how to write them.
struct Quantity {
    name: String,
    before: Option<f64>,
    after: Option<f64>,
    write: fn(f64) -> String,
    /// `None` when neither is: it describes the load.
    less_is_better: Option<bool>,
}

/// Compares the lives of two reports.
pub(super) fn compare(before: &[GcLife], after: &[GcLife]) -> Comparison {
    let of = |name: String, of: &dyn Fn(&[GcLife]) -> Option<f64>, write, less_is_better| {
        measure(&Quantity {
            name,
            before: of(before),
            after: of(after),
            write,
            less_is_better,
        })
    };
    let (less, more) = (Some(true), Some(false));
    let longest = |lives: &[GcLife]| worst(lives, |life| life.pauses.max);
    let p99 = |lives: &[GcLife]| worst(lives, |life| life.pauses.p99);
    let median = |lives: &[GcLife]| worst(lives, |life| life.pauses.p50);
    let lost = of(t!("time lost, share"), &lost_share, percent, less);
    let lost_per_byte = of(
        t!("time lost per GiB allocated"),
        &lost_per_gib,
        micros,
        less,
    );
    let loads = (allocation(before), allocation(after));
    let same_load = !apart(loads.0, loads.1, LOAD);
    // Under another load the share of the time says nothing about the tuning; what a byte costs does.
    let decisive = match same_load {
        true => lost.clone(),
        false => lost_per_byte.clone(),
    };
    let measures: Vec<Measure> = [
        lost,
        lost_per_byte,
        of(t!("pauses per minute"), &pauses_per_minute, rate, less),
        of(t!("longest pause"), &longest, micros, less),
        of(t!("99 % of pauses up to"), &p99, micros, less),
        of(t!("half of pauses up to"), &median, micros, less),
        of(t!("full collections per hour"), &fulls_per_hour, rate, less),
        of(t!("stalls per hour"), &stalls_per_hour, rate, less),
        of(t!("allocated per second"), &allocation, bytes, None),
        of(t!("promoted per second"), &promotion, bytes, less),
        of(
            t!("worst 5 s left to the application"),
            &mmu5,
            percent,
            more,
        ),
        of(t!("death spirals"), &spirals, rate, less),
    ]
    .into_iter()
    .flatten()
    .collect();
    Comparison {
        before: sources(before),
        after: sources(after),
        caveats: caveats(before, after, same_load),
        verdict: verdict(&measures, decisive.as_ref()),
        measures,
    }
}

/// The answer: whether it helped, on which measure, by how much.
fn verdict(measures: &[Measure], decisive: Option<&Measure>) -> String {
    let judged = |better: bool| {
        let is = |measure: &&Measure| measure.better == Some(better);
        measures.iter().filter(is).count()
    };
    let (better, worse) = (judged(true), judged(false));
    let counts = t!(
        "{better} measures are better, {worse} worse.",
        better,
        worse
    );
    let Some(decisive) = decisive else {
        return t!("No clock in both logs: nothing can be said about the time lost.");
    };
    let change = t!(
        "{measure} {before} before, {after} after ({change})",
        measure = decisive.name,
        before = decisive.before,
        after = decisive.after,
        change = decisive.change()
    );
    let answer = match decisive.better {
        Some(true) => t!("It helped: {change}.", change),
        Some(false) => t!("It made things worse: {change}.", change),
        None => t!("No clear change: {change}.", change),
    };
    format!("{answer} {counts}")
}

/// Whether two quantities differ by a factor or more.
fn apart(before: Option<f64>, after: Option<f64>, factor: f64) -> bool {
    let both = before.zip(after);
    both.is_some_and(|(before, after)| before.max(after) >= factor * before.min(after))
}

/// What speaks against comparing the two.
fn caveats(before: &[GcLife], after: &[GcLife], same_load: bool) -> Vec<String> {
    let mut caveats = Vec::new();
    if let (Some(old), Some(new), false) = (allocation(before), allocation(after), same_load) {
        caveats.push(t!(
            "The load is not the same: {before} allocated per second before, {after} after. The answer rests on what was lost per GiB allocated.",
            before = bytes(old),
            after = bytes(new)
        ));
    }
    let (old, new) = (span(before), span(after));
    if let (Some(old), Some(new), true) = (old, new, apart(old, new, LENGTH)) {
        let time = |seconds: f64| text::duration((seconds * SECOND as f64) as i64);
        caveats.push(t!(
            "The logs are {before} and {after} long: the longer one had more chances for a rare pause, so the longest ones do not compare.",
            before = time(old),
            after = time(new)
        ));
    }
    let few = |lives: &[GcLife]| lives.iter().map(|life| life.pauses.count).sum::<u64>() < FEW;
    if few(before) || few(after) {
        caveats.push(t!(
            "One of the logs has fewer than {few} pauses: its percentiles are those of single pauses.",
            few = FEW
        ));
    }
    if let (Some(old), Some(new)) = (before.first(), after.first())
        && old.collector != new.collector
    {
        caveats.push(t!(
            "The collector changed from {before} to {after}: pauses of different kinds are compared, and stalls beside them.",
            before = old.collector.word(),
            after = new.collector.word()
        ));
    }
    caveats
}

fn measure(quantity: &Quantity) -> Option<Measure> {
    let (before, after) = (quantity.before?, quantity.after?);
    let ratio = (before > 0.0)
        .then(|| after / before)
        .filter(|ratio| ratio.is_finite());
    let changed = (after - before).abs() > NOISE * before.abs().max(f64::MIN_POSITIVE);
    let less = after < before;
    let better = quantity.less_is_better.filter(|_| changed);
    Some(Measure {
        name: quantity.name.clone(),
        before: (quantity.write)(before),
        after: (quantity.write)(after),
        ratio,
        better: better.map(|less_is_better| less == less_is_better),
    })
}

fn span(lives: &[GcLife]) -> Option<f64> {
    let span: i64 = lives.iter().map(|life| life.end - life.begin).sum();
    (span > 0).then_some(span as f64 / SECOND as f64)
}

fn lost_share(lives: &[GcLife]) -> Option<f64> {
    let lost: i64 = lives.iter().map(|life| life.mutator_loss).sum();
    let over: i64 = lives.iter().map(|life| life.throughput_over).sum();
    (over > 0).then_some(lost as f64 / over as f64)
}

fn pauses_per_minute(lives: &[GcLife]) -> Option<f64> {
    let count: u64 = lives.iter().map(|life| life.pauses.count).sum();
    Some(count as f64 * 60.0 / span(lives)?)
}

fn fulls_per_hour(lives: &[GcLife]) -> Option<f64> {
    let count: u64 = lives.iter().map(|life| life.pauses.full_count).sum();
    Some(count as f64 * 3600.0 / span(lives)?)
}

fn stalls_per_hour(lives: &[GcLife]) -> Option<f64> {
    let count: u64 = lives.iter().map(|life| life.pauses.stall_count).sum();
    Some(count as f64 * 3600.0 / span(lives)?)
}

fn lost_per_gib(lives: &[GcLife]) -> Option<f64> {
    let lost: i64 = lives.iter().map(|life| life.mutator_loss).sum();
    let allocated: u64 = lives.iter().map(|life| life.rates.allocated).sum();
    (allocated > 0).then(|| lost as f64 / (allocated as f64 / f64::from(1 << 30)))
}

fn worst(lives: &[GcLife], of: impl Fn(&GcLife) -> i64) -> Option<f64> {
    lives.iter().map(of).max().map(|value| value as f64)
}

fn allocation(lives: &[GcLife]) -> Option<f64> {
    let bytes: u64 = lives.iter().map(|life| life.rates.allocated).sum();
    Some(bytes as f64 / span(lives)?).filter(|_| bytes > 0)
}

/// Promotion rates weighted by the length of the lives.
fn promotion(lives: &[GcLife]) -> Option<f64> {
    let weighted = lives
        .iter()
        .filter_map(|life| Some((life.rates.promotion?, (life.end - life.begin) as f64)));
    let (bytes, time) = weighted.fold((0.0, 0.0), |(bytes, time), (rate, span)| {
        (bytes + rate * span, time + span)
    });
    (time > 0.0).then(|| bytes / time)
}

fn mmu5(lives: &[GcLife]) -> Option<f64> {
    let five = lives
        .iter()
        .flat_map(|life| &life.mmu)
        .filter(|point| point.window == 5 * SECOND);
    five.map(|point| point.utilisation).min_by(f64::total_cmp)
}

fn spirals(lives: &[GcLife]) -> Option<f64> {
    Some(lives.iter().filter(|life| life.spiral.is_some()).count() as f64)
}

fn percent(share: f64) -> String {
    text::percent(share, 1.0)
}

fn rate(value: f64) -> String {
    format!("{value:.1}")
}

fn micros(value: f64) -> String {
    text::duration(value as i64)
}

fn bytes(value: f64) -> String {
    text::bytes(value as u64)
}

fn sources(lives: &[GcLife]) -> Vec<String> {
    let mut names: Vec<String> = lives.iter().flat_map(|life| life.sources.clone()).collect();
    names.dedup();
    names
}

impl Measure {
    /// The change in percent with its sign.
    fn change(&self) -> String {
        match self.ratio {
            Some(ratio) => format!("{:+.1} %", (ratio - 1.0) * 100.0),
            None => "–".to_owned(),
        }
    }

    fn is_same(&self) -> bool {
        self.ratio.is_none_or(|ratio| (ratio - 1.0).abs() <= NOISE)
    }
}

impl Comparison {
    /// The comparison as a part of the report.
    pub(super) fn section(&self) -> Block {
        let mut table = Table::new(&[
            &t!("Measure"),
            &t!("#Before"),
            &t!("#After"),
            &t!("#Change"),
            &t!("Verdict"),
        ]);
        for measure in &self.measures {
            let change = measure.change();
            let better = match measure.better {
                Some(true) => t!("better"),
                Some(false) => t!("worse"),
                None if measure.is_same() => t!("same"),
                None => "–".to_owned(),
            };
            table.row([
                measure.name.clone().into(),
                measure.before.clone().into(),
                measure.after.clone().into(),
                change.into(),
                better.into(),
            ]);
        }
        let verdict = Words::strong(self.verdict.clone());
        let mut blocks = vec![Block::Paragraph(verdict)];
        let caveats = self.caveats.iter().cloned();
        blocks.extend(caveats.map(|caveat| Block::Paragraph(caveat.into())));
        blocks.push(Block::Table(table));
        Section::main(t!("Before and after"), blocks)
    }
}
