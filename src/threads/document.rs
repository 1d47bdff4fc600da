//! The report of the threads room as blocks: verdict first, then the evidence from the top down.

use super::demand::{Demand, Sizing};
use super::report::{DumpSummary, ThreadsReport};
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::{Finding, Severity};
use crate::t;
use crate::text::{bytes, count, duration, percent};
use crate::time::{SECOND, Stamp};

/// Findings shown in full; more are in the detail section.
const FINDINGS: usize = 8;
/// Rows of a table that everybody sees.
const ROWS: usize = 8;
/// Rows of a table in a detail section.
const DETAIL_ROWS: usize = 40;

impl ThreadsReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        let mut blocks = vec![self.facts()];
        blocks.extend(self.finding_blocks());
        blocks.extend(self.waiting());
        blocks.extend(self.states());
        blocks.extend(self.pools());
        blocks.extend(self.stuck_table());
        blocks.extend(self.cpu_table());
        blocks.extend(self.over_time());
        blocks.extend(self.stacks());
        blocks.extend(self.dumps_table());
        blocks.push(self.coverage_table());
        Document {
            title: match &self.dumps[..] {
                [dump] => t!("Thread dump {source}", source = dump.source),
                dumps => t!("{count} thread dumps", count = dumps.len()),
            },
            verdict: self.verdict(),
            blocks,
        }
    }

    /// The last dump: what a person wants to know first is how it ended.
    pub(in crate::threads) fn last(&self) -> Option<&DumpSummary> {
        self.dumps.last()
    }

    fn verdict(&self) -> Verdict {
        let Some(last) = self.last() else {
            return Verdict {
                severity: Severity::Info,
                headline: t!("No thread dump could be read.").into(),
                explanation: Vec::new(),
            };
        };
        let medium = |finding: &&Finding| finding.severity >= Severity::Medium;
        let ranked: Vec<&Finding> = self.findings.iter().filter(medium).collect();
        let Some((worst, others)) = ranked.split_first() else {
            return Verdict {
                severity: Severity::Info,
                headline: t!("No deadlock, and no thread holds up others.").into(),
                explanation: vec![
                    t!(
                        "{threads} Java threads were looked at.",
                        threads = count(last.thread_count + last.virtual_count)
                    )
                    .into(),
                ],
            };
        };
        let mut explanation = vec![worst.summary.clone().into()];
        explanation.extend(
            others
                .iter()
                .take(2)
                .map(|finding| Words::from(t!("Also: {title}.", title = finding.title))),
        );
        Verdict {
            severity: worst.severity,
            headline: t!("{title}.", title = worst.title).into(),
            explanation,
        }
    }

    fn facts(&self) -> Block {
        let mut facts: Vec<(String, Words)> = Vec::new();
        if let Some(last) = self.last() {
            let jvm = [last.vm.as_deref(), last.jvm_version.as_deref()]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>()
                .join(" ");
            if !jvm.is_empty() {
                facts.push((t!("JVM"), jvm.into()));
            }
            facts.push((t!("Dumps"), self.dumps.len().to_string().into()));
            if let Some(taken) = last.taken {
                let name = if self.dumps.len() > 1 {
                    t!("Last taken")
                } else {
                    t!("Taken")
                };
                facts.push((name, in_zone(taken, last.utc_offset_minutes).into()));
            }
            if let Some(elapsed) = last.elapsed_of_main {
                facts.push((t!("Uptime"), duration(elapsed).into()));
            }
            let mut threads = t!(
                "{java} Java, {vm} of the VM",
                java = count(last.thread_count),
                vm = count(last.vm_thread_count)
            );
            if last.virtual_count > 0 {
                threads += &t!(", {virtual} virtual", virtual = count(last.virtual_count));
            }
            if let Some(expected) = last.expected_count {
                threads += &t!(" ({expected} listed by the VM)", expected = count(expected));
            }
            facts.push((t!("Threads"), threads.into()));
            let states: Vec<String> = last
                .by_state
                .iter()
                .map(|(state, number)| format!("{state} {}", count(*number)))
                .collect();
            facts.push((t!("States"), states.join(", ").into()));
            if let Some(cpu) = last.cpu {
                let used = t!(
                    "{java} by Java threads, {gc} by the collector, {jit} by the compiler, {vm} by the VM, since the start",
                    java = duration(cpu.java),
                    gc = duration(cpu.gc),
                    jit = duration(cpu.jit),
                    vm = duration(cpu.vm)
                );
                facts.push((t!("Processor"), used.into()));
            }
            if let Some(joined) = &last.joined {
                let with = t!(
                    "virtual threads from {file}, a dump of the same moment",
                    file = joined.source
                );
                facts.push((t!("Joined"), with.into()));
            }
            for space in last
                .heap
                .iter()
                .filter(|space| !["class space", "Metaspace"].contains(&space.name.as_str()))
            {
                if let (Some(used), Some(committed)) =
                    (space.used, space.reserved.or(space.committed))
                {
                    facts.push((
                        space.name.clone(),
                        t!(
                            "{used} of {committed} used",
                            used = bytes(used),
                            committed = bytes(committed)
                        )
                        .into(),
                    ));
                }
            }
        }
        Block::Facts(facts)
    }

    fn finding_blocks(&self) -> Vec<Block> {
        let block = |finding: &Finding| Block::Finding(Box::new(finding.clone()));
        let mut blocks: Vec<Block> = self.findings.iter().take(FINDINGS).map(block).collect();
        if self.findings.len() > FINDINGS {
            let more = self.findings.iter().skip(FINDINGS).map(block).collect();
            blocks.push(Section::detail(t!("More findings"), more));
        }
        blocks
    }

    fn pools(&self) -> Vec<Block> {
        let Some(last) = self.last().filter(|last| !last.pools.is_empty()) else {
            return Vec::new();
        };
        let rows = |limit: usize| {
            let mut table = Table::new(&[
                &t!("Pool"),
                &t!("#Threads"),
                &t!("#Busy"),
                &t!("#Share"),
                &t!("#Idle"),
                &t!("Busy with"),
            ]);
            for pool in last.pools.iter().take(limit) {
                let with: Vec<String> = pool
                    .busy_with
                    .iter()
                    .take(2)
                    .map(|(activity, number)| format!("{number} × {}", activity.words()))
                    .collect();
                table.row([
                    Words::code(&pool.name),
                    count(pool.total).into(),
                    count(pool.busy).into(),
                    percent(pool.busy as f64, pool.total as f64).into(),
                    count(pool.idle).into(),
                    with.join(", ").into(),
                ]);
            }
            table.more = last.pools.len().saturating_sub(limit) as u64;
            Block::Table(table)
        };
        let mut main = vec![rows(ROWS)];
        main.extend(self.sizing.as_ref().map(sizing));
        let mut blocks = vec![Section::main(t!("Pools"), main)];
        if last.pools.len() > ROWS {
            blocks.push(Section::detail(t!("All pools"), vec![rows(DETAIL_ROWS)]));
        }
        blocks
    }

    fn stuck_table(&self) -> Vec<Block> {
        if self.stuck.is_empty() {
            return Vec::new();
        }
        let rows = |limit: usize| {
            let mut table = Table::new(&[
                &t!("Thread"),
                &t!("#Dumps"),
                &t!("#Over"),
                &t!("#Processor"),
                &t!("Doing"),
                &t!("At"),
            ]);
            for stuck in self.stuck.iter().take(limit) {
                table.row([
                    Words::code(&stuck.thread.name),
                    count(stuck.dumps).into(),
                    stuck.span.map_or_else(|| "–".to_owned(), duration).into(),
                    stuck.cpu.map_or_else(|| "–".to_owned(), duration).into(),
                    stuck.doing.words().into(),
                    Words::code(stuck.frame.as_deref().unwrap_or("")),
                ]);
            }
            table.more = self.stuck.len().saturating_sub(limit) as u64;
            Block::Table(table)
        };
        let mut blocks = vec![Section::main(
            t!("Threads that did not move"),
            vec![rows(ROWS)],
        )];
        if self.stuck.len() > ROWS {
            blocks.push(Section::detail(
                t!("All threads that did not move"),
                vec![rows(200)],
            ));
        }
        blocks
    }

    fn cpu_table(&self) -> Vec<Block> {
        if self.cpu.is_empty() {
            return Vec::new();
        }
        let mut table = Table::new(&[
            &t!("Thread"),
            &t!("#Processor"),
            &t!("#Of"),
            &t!("#Share"),
            &t!("#top"),
            &t!("At"),
        ]);
        for cpu in &self.cpu {
            table.row([
                Words::code(&cpu.thread.name),
                duration(cpu.cpu).into(),
                duration(cpu.elapsed).into(),
                percent(cpu.cpu as f64, cpu.elapsed as f64).into(),
                cpu.top
                    .map_or_else(|| "–".to_owned(), |top| format!("{top:.1} %"))
                    .into(),
                Words::code(cpu.frame.as_deref().unwrap_or("")),
            ]);
        }
        vec![Section::detail(
            t!("Processor time"),
            vec![Block::Table(table)],
        )]
    }

    fn over_time(&self) -> Vec<Block> {
        if self.families.is_empty() {
            return Vec::new();
        }
        let mut table = Table::new(&[&t!("Family"), &t!("Threads in each dump")]);
        for family in &self.families {
            let shown: Vec<String> = family.counts.iter().take(30).map(u64::to_string).collect();
            table.row([Words::code(&family.name), shown.join(" ").into()]);
        }
        vec![Section::detail(
            t!("Families that changed"),
            vec![Block::Table(table)],
        )]
    }

    fn dumps_table(&self) -> Vec<Block> {
        if self.dumps.len() < 2 {
            return Vec::new();
        }
        let mut table = Table::new(&[
            &t!("Dump"),
            &t!("Taken"),
            &t!("#Threads"),
            &t!("#Blocked"),
            &t!("#Deadlocks"),
            &t!("#Most held up by one"),
        ]);
        for dump in self.dumps.iter().take(DETAIL_ROWS) {
            table.row([
                format!("{}:{}", dump.source, dump.line).into(),
                dump.taken
                    .map_or_else(
                        || "–".to_owned(),
                        |taken| in_zone(taken, dump.utc_offset_minutes),
                    )
                    .into(),
                count(dump.thread_count + dump.virtual_count).into(),
                count(dump.by_state.get("BLOCKED").copied().unwrap_or(0)).into(),
                count(dump.deadlocks.len() as u64).into(),
                count(dump.blockers.first().map_or(0, |blocker| blocker.held_up)).into(),
            ]);
        }
        table.more = self.dumps.len().saturating_sub(DETAIL_ROWS) as u64;
        vec![Section::detail(t!("Dumps"), vec![Block::Table(table)])]
    }

    fn coverage_table(&self) -> Block {
        let mut table = Table::new(&[
            &t!("Source"),
            &t!("Format"),
            &t!("#Bytes"),
            &t!("#Threads"),
            &t!("#Lines not understood"),
        ]);
        let mut issues = Vec::new();
        for coverage in &self.coverage {
            table.row([
                coverage.source.clone().into(),
                coverage.format.clone().into(),
                bytes(coverage.bytes).into(),
                count(coverage.records).into(),
                count(coverage.not_understood).into(),
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
        Section::detail(t!("What was read"), blocks)
    }
}

/// What the requests of the access log need, and whether there is as much.
fn sizing(sizing: &Sizing) -> Block {
    let load = &sizing.load;
    let rate = |milli: u64| format!("{}.{}", milli / 1000, milli % 1000 / 100);
    let reading = |demand: Demand| {
        t!(
            "{rate} requests/s × {each} = {threads} threads",
            rate = rate(demand.per_kilosecond / load.instances),
            each = duration(i64::try_from(demand.each_us).unwrap_or(i64::MAX)),
            threads = rate(demand.threads_milli(load.instances))
        )
    };
    let mut text = t!(
        "Threads needed = requests per second × seconds per request. By {log}: {usual} on average",
        log = load.at.source,
        usual = reading(load.usual)
    );
    let most = load.busiest.map_or(load.usual, |(_, demand)| demand);
    if let Some((at, demand)) = load.busiest {
        text += &t!(
            ", {busiest} in the busiest minute ({at})",
            busiest = reading(demand),
            at = at.display()
        );
    }
    text += &match load.instances {
        1 => t!(
            "; {pools} has {total}.",
            pools = sizing.pools.join(", "),
            total = sizing.threads
        ),
        instances => t!(
            "; each of {instances} servers, of which {pools} here has {total}.",
            instances,
            pools = sizing.pools.join(", "),
            total = sizing.threads
        ),
    };
    let short = |demand: Demand| demand.threads_milli(load.instances) > sizing.threads * 1000;
    text += &match (short(load.usual), short(most)) {
        (true, _) => t!(
            " That is too few for the usual load: make the requests shorter, or the pool larger."
        ),
        (false, true) => t!(
            " The pool is large enough for the usual load; in that minute the requests took too long."
        ),
        (false, false) => t!(
            " The pool is large enough for what was logged; requests that never ended are not in it."
        ),
    };
    Block::Paragraph(text.into())
}

/// A time with the zone that was concluded for it, if any.
fn in_zone(taken: Stamp, offset: Option<i16>) -> String {
    match (taken, offset) {
        (Stamp::Local(moment), Some(minutes)) => t!(
            "{utc} (zone by another dump of the process)",
            utc = moment.lo.plus(-i64::from(minutes) * 60 * SECOND).display()
        ),
        _ => stamp(taken),
    }
}

/// A time as the file has it; without a zone it is shown without one.
pub(super) fn stamp(stamp: Stamp) -> String {
    match stamp {
        Stamp::Zoned(moment) => moment.lo.to_string(),
        Stamp::Local(moment) => t!(
            "{time} (zone unknown)",
            time = moment.lo.rfc3339().replace('T', " ").trim_end_matches('Z')
        ),
        Stamp::Uptime(micros) => duration(micros),
    }
}
