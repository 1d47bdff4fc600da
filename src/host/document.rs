//! The report as blocks.

use super::report::HostReport;
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::Severity;
use crate::t;
use crate::text;

impl HostReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        let mut blocks: Vec<Block> = self
            .findings
            .iter()
            .map(|finding| Block::Finding(Box::new(finding.clone())))
            .collect();
        blocks.extend(self.sockets());
        blocks.extend(self.memory());
        blocks.extend(self.tasks());
        blocks.push(self.sources());
        Document {
            title: t!("Host and process"),
            verdict: self.verdict(),
            blocks,
        }
    }

    fn verdict(&self) -> Verdict {
        let read = t!(
            "Sources with snapshots read: {sources}.",
            sources = self.coverage.len()
        );
        match self.findings.first() {
            Some(finding) => Verdict {
                severity: finding.severity,
                headline: finding.title.as_str().into(),
                explanation: vec![finding.summary.as_str().into(), read.into()],
            },
            None => Verdict {
                severity: Severity::Info,
                headline: t!("These snapshots show nothing out of order").into(),
                explanation: vec![read.into()],
            },
        }
    }

    fn sockets(&self) -> Option<Block> {
        let mut table = Table::new(&[&t!("Where"), &t!("State"), &t!("#Sockets"), &t!("Most to")]);
        for sockets in &self.sockets {
            for (state, count) in &sockets.states {
                let most = sockets.remotes.iter().find(|remote| remote.state == *state);
                let most = most.map_or(String::new(), |remote| {
                    let (address, count) = (&remote.address, remote.count);
                    t!("{address} ({count})", address, count)
                });
                table.row([
                    Words::code(sockets.locator.to_string()),
                    state.as_str().into(),
                    text::count(*count).into(),
                    most.into(),
                ]);
            }
        }
        (!table.rows.is_empty()).then(|| Section::detail(t!("Sockets"), vec![Block::Table(table)]))
    }

    fn memory(&self) -> Option<Block> {
        let mut table = Table::new(&[
            &t!("What"),
            &t!("#Committed or total"),
            &t!("#Change or used"),
            &t!("Where"),
        ]);
        for native in &self.native {
            table.row([
                t!("native memory, total").into(),
                text::bytes(native.committed).into(),
                native.change.map_or(String::new(), change).into(),
                Words::code(native.locator.to_string()),
            ]);
            for category in &native.categories {
                table.row([
                    category.name.as_str().into(),
                    text::bytes(category.committed).into(),
                    native
                        .change
                        .map_or(String::new(), |_| change(category.change))
                        .into(),
                    Words::code(category.locator.to_string()),
                ]);
            }
        }
        for heap in &self.heaps {
            table.row([
                heap.space.as_str().into(),
                text::bytes(heap.total).into(),
                text::bytes(heap.used).into(),
                Words::code(heap.locator.to_string()),
            ]);
        }
        (!table.rows.is_empty())
            .then(|| Section::detail(t!("Memory of the JVM"), vec![Block::Table(table)]))
    }

    fn tasks(&self) -> Option<Block> {
        let mut table = Table::new(&[
            &t!("When"),
            &t!("#Task"),
            &t!("#% of a processor"),
            &t!("Name"),
            &t!("Where"),
        ]);
        for top in &self.tops {
            for task in top.tasks.iter().filter(|task| task.cpu > 0.0).take(5) {
                table.row([
                    top.clock.as_str().into(),
                    format!("{} ({:#x})", task.pid, task.pid).into(),
                    format!("{:.1}", task.cpu).into(),
                    task.command.as_str().into(),
                    Words::code(top.locator.to_string()),
                ]);
            }
        }
        (!table.rows.is_empty())
            .then(|| Section::detail(t!("Busy tasks"), vec![Block::Table(table)]))
    }

    fn sources(&self) -> Block {
        let mut table = Table::new(&[
            &t!("Source"),
            &t!("#Lines"),
            &t!("#Records"),
            &t!("#Not understood"),
            &t!("First problem"),
        ]);
        for coverage in &self.coverage {
            let problem = coverage
                .issues
                .first()
                .map_or(String::new(), ToString::to_string);
            table.row([
                Words::code(coverage.source.clone()),
                text::count(coverage.lines).into(),
                text::count(coverage.records).into(),
                text::count(coverage.not_understood).into(),
                problem.into(),
            ]);
        }
        Section::main(t!("Sources"), vec![Block::Table(table)])
    }
}

/// A change of bytes with its sign.
fn change(bytes: i64) -> String {
    let sign = if bytes < 0 { "-" } else { "+" };
    format!("{sign}{}", text::bytes(bytes.unsigned_abs()))
}
