//! The report as blocks: verdict, findings, one part per life, what was read.

use super::charts;
use super::report::{GcLife, GcReport, LifeEnd};
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::{Finding, Severity};
use crate::t;
use crate::text;
use crate::time::Instant;

/// Findings shown in full; the rest is folded.
const FINDINGS: usize = 4;
/// Lives with a part of their own outside the folded details.
const LIVES: usize = 2;

impl GcReport {
    /// The report as blocks: verdict, findings, one part per life, coverage.
    pub fn document(&self) -> Document {
        let mut blocks = Vec::new();
        if let Some(comparison) = &self.comparison {
            blocks.push(comparison.section());
        }
        self.findings_into(&mut blocks);
        if self.lives.len() > 1 {
            blocks.push(Section::main(t!("Lives of the JVM"), self.lives_table()));
        }
        for (index, life) in self.lives.iter().enumerate() {
            let title = life_title(life, index, self.lives.len());
            let shown = life_blocks(life);
            blocks.push(match index + LIVES >= self.lives.len() {
                true => Section::main(title, shown),
                false => Section::detail(title, shown),
            });
            blocks.push(Section::detail(
                t!("Details of life {number}", number = index + 1),
                detail_blocks(life),
            ));
        }
        blocks.push(self.coverage_section());
        Document {
            title: self.title(),
            verdict: self.verdict(),
            blocks,
        }
    }

    fn title(&self) -> String {
        let mut sources: Vec<&str> = Vec::new();
        for name in self.lives.iter().flat_map(|life| &life.sources) {
            if !sources.contains(&name.as_str()) {
                sources.push(name);
            }
        }
        match sources.as_slice() {
            [] => t!("GC log"),
            [one] => t!("GC log {one}", one),
            [first, rest @ ..] => t!(
                "GC logs {first} and {count} more",
                first,
                count = rest.len()
            ),
        }
    }

    fn verdict(&self) -> Verdict {
        let Some(last) = self.lives.last() else {
            let nothing = match self.coverage.is_empty() {
                true => t!("No GC log was given."),
                false => t!("No line of these files looks like a GC log."),
            };
            return Verdict {
                severity: Severity::Info,
                headline: nothing.into(),
                explanation: Vec::new(),
            };
        };
        let worst = self
            .findings
            .first()
            .filter(|finding| finding.severity > Severity::Info);
        // The numbers beside a verdict are those of the life it speaks of.
        let (index, life) = worst
            .and_then(|finding| finding.evidence.first())
            .and_then(|evidence| {
                let mut lives = self.lives.iter().enumerate();
                lives.find(|(_, life)| life.holds(&evidence.locator))
            })
            .unwrap_or((self.lives.len() - 1, last));
        let mut numbers = numbers(life);
        if self.lives.len() > 1 {
            let life = life_title(life, index, self.lives.len());
            numbers = t!("{life}, {numbers}", life, numbers);
        }
        match worst {
            Some(finding) => Verdict {
                severity: finding.severity,
                headline: Words::strong(finding.title.clone()),
                explanation: vec![finding.summary.clone().into(), numbers.into()],
            },
            None => Verdict {
                severity: Severity::Info,
                headline: Words::strong(t!("No trouble with the garbage collector in this log.")),
                explanation: vec![numbers.into()],
            },
        }
    }

    fn findings_into(&self, blocks: &mut Vec<Block>) {
        let (shown, folded): (Vec<_>, Vec<_>) = self
            .findings
            .iter()
            .enumerate()
            .partition(|(index, finding)| *index < FINDINGS && finding.severity > Severity::Info);
        let card = |(_, finding): (usize, &Finding)| Block::Finding(Box::new(finding.clone()));
        if !shown.is_empty() {
            blocks.push(Section::main(
                t!("Findings"),
                shown.into_iter().map(card).collect(),
            ));
        }
        if !folded.is_empty() {
            blocks.push(Section::detail(
                t!("More findings"),
                folded.into_iter().map(card).collect(),
            ));
        }
    }

    fn lives_table(&self) -> Vec<Block> {
        let mut table = Table::new(&[
            &t!("Start"),
            &t!("Lasted"),
            &t!("Collector"),
            &t!("#Pauses"),
            &t!("#Lost"),
            &t!("How it ended"),
        ]);
        for life in &self.lives {
            let start = life
                .started
                .map_or_else(|| t!("not known"), |started| clock(started.middle()));
            table.row([
                start.into(),
                text::duration(life.end - life.begin).into(),
                life.collector.word().into(),
                text::count(life.pauses.count).into(),
                text::percent(1.0 - life.throughput, 1.0).into(),
                ended(life).into(),
            ]);
        }
        let mut blocks = vec![Block::Table(table)];
        blocks.extend(charts::lives(self));
        blocks
    }

    fn coverage_section(&self) -> Block {
        let mut table = Table::new(&[
            &t!("Source"),
            &t!("Format"),
            &t!("#Lines"),
            &t!("#Used"),
            &t!("#Not understood"),
        ]);
        let mut issues = Vec::new();
        for coverage in &self.coverage {
            let share = text::percent(coverage.not_understood as f64, coverage.lines as f64);
            let not = match coverage.not_understood {
                0 => "0".to_owned(),
                count => format!("{} ({share})", text::count(count)),
            };
            table.row([
                Words::code(coverage.source.clone()),
                coverage.format.clone().into(),
                text::count(coverage.lines).into(),
                text::count(coverage.records).into(),
                not.into(),
            ]);
            issues.extend(
                coverage
                    .issues
                    .iter()
                    .map(|issue| Words::from(issue.to_string())),
            );
        }
        let mut blocks = vec![Block::Table(table)];
        if !issues.is_empty() {
            blocks.push(Block::List(issues));
        }
        Section::main(t!("What was read"), blocks)
    }
}

fn clock(at: Instant) -> String {
    Instant(at.0 / 1000 * 1000).display()
}

/// The numbers everybody asks for first.
fn numbers(life: &GcLife) -> String {
    let pauses = text::count(life.pauses.count);
    let total = text::duration(life.pauses.total);
    let max = text::duration(life.pauses.max);
    let collector = life.collector.word();
    let kept = text::percent(life.throughput, 1.0);
    let over = text::duration(life.throughput_over);
    let denominator = &life.throughput_denominator;
    match life.throughput_over {
        0 => t!(
            "{collector}: {pauses} pauses, {total} in all, the longest {max}; the log has no clock, so there is no throughput.",
            collector,
            pauses,
            total,
            max
        ),
        _ => t!(
            "{collector}: {pauses} pauses, {total} in all, the longest {max}; the application had {kept} of {over} ({denominator}).",
            collector,
            pauses,
            total,
            max,
            kept,
            over,
            denominator
        ),
    }
}

fn life_title(life: &GcLife, index: usize, count: usize) -> String {
    let name = life.sources.last().map_or("-", |name| name);
    let number = index + 1;
    match count {
        1 => t!("The run in {name}", name),
        _ => t!("Life {number} of {count} in {name}", number, count, name),
    }
}

fn ended(life: &GcLife) -> String {
    match (
        life.ended,
        life.spiral
            .as_ref()
            .is_some_and(|spiral| spiral.recovered.is_none()),
    ) {
        (LifeEnd::ExitBlock, true) => t!("in a death spiral, with exit block"),
        (LifeEnd::ExitBlock, false) => t!("in order"),
        (_, true) => t!("in a death spiral, without exit block"),
        (LifeEnd::LogEnds, false) => t!("the log ends"),
        (LifeEnd::NextLife, false) => t!("the next life follows"),
    }
}

fn life_blocks(life: &GcLife) -> Vec<Block> {
    let mut facts: Vec<(String, Words)> = Vec::new();
    let mut fact = |name: String, value: String| facts.push((name, value.into()));
    let version = life.jvm_version.clone().unwrap_or_else(|| t!("not logged"));
    fact(
        t!("collector"),
        t!(
            "{collector}, JVM {version}",
            collector = life.collector.word(),
            version
        ),
    );
    if let Some(started) = life.started {
        let clock = clock(started.middle());
        fact(
            t!("clock"),
            match life.axis_is_uptime {
                true if life.anchor.is_some() => t!("JVM started about {clock}", clock),
                true => t!("JVM started {clock}", clock),
                false => t!("first line {clock}", clock),
            },
        );
    }
    if let Some(anchor) = &life.anchor {
        fact(
            t!("known from"),
            t!(
                "{evidence}, give or take {error} ({place})",
                evidence = anchor.evidence,
                error = text::duration(anchor.error),
                place = anchor.locator
            ),
        );
    }
    if let Some(max) = life.heap_max {
        fact(t!("heap limit"), text::bytes(max));
    }
    let pauses = &life.pauses;
    fact(
        t!("pauses"),
        t!(
            "{count} in {total}; half up to {p50}, 99 % up to {p99}, longest {max}; {full} full",
            count = text::count(pauses.count),
            total = text::duration(pauses.total),
            p50 = text::duration(pauses.p50),
            p99 = text::duration(pauses.p99),
            max = text::duration(pauses.max),
            full = text::count(pauses.full_count),
        ),
    );
    if pauses.stall_count > 0 {
        let count = text::count(pauses.stall_count);
        let total = text::duration(pauses.stall_total);
        fact(
            t!("stalls"),
            t!("{count} of single threads, {total}", count, total),
        );
    }
    if life.throughput_over > 0 {
        let kept = text::percent(life.throughput, 1.0);
        let over = text::duration(life.throughput_over);
        let of = &life.throughput_denominator;
        fact(
            t!("throughput"),
            t!("{kept} of {over} ({of})", kept, over, of),
        );
    }
    if let Some(rate) = life.rates.allocation {
        let rate = text::bytes(rate as u64);
        let promoted = match life.rates.promotion {
            Some(promoted) => t!(", promoted {rate}/s", rate = text::bytes(promoted as u64)),
            None => String::new(),
        };
        fact(t!("allocation"), t!("{rate}/s{promoted}", rate, promoted));
    }
    if let Some(floor) = &life.floor {
        let from = text::bytes(floor.start_level);
        let to = text::bytes(floor.level);
        fact(
            t!("live-set floor"),
            t!(
                "from {from} to {to} ({points} points)",
                from,
                to,
                points = floor.points
            ),
        );
    }
    if let Some((count, total)) = life.own_count {
        let agrees =
            match count == pauses.count && (total - pauses.total).abs() * 50 <= pauses.total {
                true => t!("agrees"),
                false => t!("differs: part of the log is missing or was not understood"),
            };
        let (count, total) = (text::count(count), text::duration(total));
        fact(
            t!("JVM's own count"),
            t!("{count} pauses, {total} ({agrees})", count, total, agrees),
        );
    }
    if let Some((name, place)) = &life.unfinished {
        fact(
            t!("unfinished"),
            t!(
                "a pause that began at {place} has no end in the log: {name}",
                place,
                name
            ),
        );
    }
    fact(
        t!("end"),
        match life.used_at_exit {
            Some(used) => t!(
                "{ended}; the heap held {used}",
                ended = ended(life),
                used = text::bytes(used)
            ),
            None => ended(life),
        },
    );
    let mut blocks = vec![Block::Facts(facts)];
    if !life.points.is_empty() {
        blocks.push(charts::timeline(life));
    }
    blocks
}

fn detail_blocks(life: &GcLife) -> Vec<Block> {
    let mut blocks = Vec::new();
    let mut causes = Table::new(&[
        &t!("Kind"),
        &t!("Cause"),
        &t!("#Count"),
        &t!("#Total"),
        &t!("#Longest"),
        &t!("Where"),
    ]);
    for row in &life.causes {
        causes.row([
            row.kind.word().into(),
            row.cause.clone().into(),
            text::count(row.count).into(),
            text::duration(row.total).into(),
            text::duration(row.max.max(0)).into(),
            Words::code(row.longest.to_string()),
        ]);
    }
    if !causes.rows.is_empty() {
        blocks.push(Block::Table(causes));
    }
    blocks.extend(charts::causes(life));
    blocks.extend(charts::phases(life));
    blocks.extend(references(life));
    blocks.extend(charts::mmu(life));
    if !life.mmu.is_empty() {
        let mut table = Table::new(&[&t!("#Window"), &t!("#Worst share left"), &t!("#At")]);
        for point in &life.mmu {
            table.row([
                text::duration(point.window).into(),
                text::percent(point.utilisation, 1.0).into(),
                text::duration(point.at).into(),
            ]);
        }
        blocks.push(Block::Table(table));
    }
    if let Some(safepoints) = &life.safepoints {
        let mut table = Table::new(&[
            &t!("Safepoint operation"),
            &t!("#Count"),
            &t!("#Total"),
            &t!("#Longest"),
            &t!("#Arrival"),
        ]);
        for operation in safepoints.operations.iter().take(15) {
            table.row([
                operation.name.clone().into(),
                text::count(operation.count).into(),
                text::duration(operation.total).into(),
                text::duration(operation.max).into(),
                text::duration(operation.reaching).into(),
            ]);
        }
        table.more = safepoints.operations.len().saturating_sub(15) as u64;
        blocks.push(Block::Table(table));
    }
    if !life.facts.is_empty() {
        let facts = life
            .facts
            .iter()
            .map(|fact| (fact.name.clone(), Words::code(fact.value.clone())));
        blocks.push(Block::Facts(facts.collect()));
    }
    blocks
}

/// What the collector did for soft, weak, final and phantom references.
fn references(life: &GcLife) -> Option<Block> {
    let references = life.references.as_ref()?;
    let found = t!(
        "{soft} soft, {weak} weak, {finals} with finalizer, {phantom} phantom",
        soft = text::count(references.soft),
        weak = text::count(references.weak),
        finals = text::count(references.finals),
        phantom = text::count(references.phantom)
    );
    let mut facts: Vec<(String, Words)> = vec![(t!("references found"), found.into())];
    if let Some(longest) = &references.longest {
        let time = t!(
            "{total} in {count} collections, the longest {max} ({longest})",
            total = text::duration(references.total),
            count = text::count(references.count),
            max = text::duration(references.max),
            longest
        );
        facts.push((t!("reference processing"), time.into()));
    }
    Some(Block::Facts(facts))
}
