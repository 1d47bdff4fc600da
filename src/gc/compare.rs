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

/// What a measure is made of: numbers of both sides and how to write them.
struct Quantity {
    name: String,
    before: Option<f64>,
    after: Option<f64>,
    write: fn(f64) -> String,
    less_is_better: bool,
}

/// Compares the lives of two reports.
pub(super) fn compare(before: &[GcLife], after: &[GcLife]) -> Comparison {
    let quantities = [
        quantity(
            t!("time lost, share"),
            before,
            after,
            lost_share,
            percent,
            true,
        ),
        quantity(
            t!("pauses per minute"),
            before,
            after,
            pauses_per_minute,
            rate,
            true,
        ),
        quantity(
            t!("longest pause"),
            before,
            after,
            |lives| worst(lives, |life| life.pauses.max),
            micros,
            true,
        ),
        quantity(
            t!("99 % of pauses up to"),
            before,
            after,
            |lives| worst(lives, |life| life.pauses.p99),
            micros,
            true,
        ),
        quantity(
            t!("half of pauses up to"),
            before,
            after,
            |lives| worst(lives, |life| life.pauses.p50),
            micros,
            true,
        ),
        quantity(
            t!("full collections per hour"),
            before,
            after,
            fulls_per_hour,
            rate,
            true,
        ),
        quantity(
            t!("stalls per hour"),
            before,
            after,
            stalls_per_hour,
            rate,
            true,
        ),
        quantity(
            t!("allocated per second"),
            before,
            after,
            allocation,
            bytes,
            true,
        ),
        quantity(
            t!("promoted per second"),
            before,
            after,
            promotion,
            bytes,
            true,
        ),
        quantity(
            t!("worst 5 s left to the application"),
            before,
            after,
            mmu5,
            percent,
            false,
        ),
        quantity(t!("death spirals"), before, after, spirals, rate, true),
    ];
    let measures: Vec<Measure> = quantities.into_iter().filter_map(measure).collect();
    let better = measures
        .iter()
        .filter(|measure| measure.better == Some(true))
        .count();
    let worse = measures
        .iter()
        .filter(|measure| measure.better == Some(false))
        .count();
    let lost = measures.first().and_then(|measure| measure.better);
    let verdict = match lost {
        Some(true) => t!(
            "It helped: less time is lost; {better} measures are better, {worse} worse.",
            better,
            worse
        ),
        Some(false) => t!(
            "It made things worse: more time is lost; {better} measures are better, {worse} worse.",
            better,
            worse
        ),
        None => t!(
            "No clear change of the time lost; {better} measures are better, {worse} worse.",
            better,
            worse
        ),
    };
    Comparison {
        before: sources(before),
        after: sources(after),
        measures,
        verdict,
    }
}

fn quantity(
    name: String,
    before: &[GcLife],
    after: &[GcLife],
    of: impl Fn(&[GcLife]) -> Option<f64>,
    write: fn(f64) -> String,
    less_is_better: bool,
) -> Quantity {
    Quantity {
        name,
        before: of(before),
        after: of(after),
        write,
        less_is_better,
    }
}

fn measure(quantity: Quantity) -> Option<Measure> {
    let (before, after) = (quantity.before?, quantity.after?);
    let ratio = (before > 0.0)
        .then(|| after / before)
        .filter(|ratio| ratio.is_finite());
    let changed = (after - before).abs() > NOISE * before.abs().max(f64::MIN_POSITIVE);
    let less = after < before;
    Some(Measure {
        name: quantity.name,
        before: (quantity.write)(before),
        after: (quantity.write)(after),
        ratio,
        better: changed.then_some(less == quantity.less_is_better),
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
            let change = match measure.ratio {
                Some(ratio) => format!("{:+.1} %", (ratio - 1.0) * 100.0),
                None => "–".to_owned(),
            };
            let better = match measure.better {
                Some(true) => t!("better"),
                Some(false) => t!("worse"),
                None => t!("same"),
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
        Section::main(
            t!("Before and after"),
            vec![Block::Paragraph(verdict), Block::Table(table)],
        )
    }
}
