//! The report as blocks: verdict first, then findings, charts and tables.

use super::{AccessReport, Latency, RouteClass, RouteRow, StampMeaning};
use crate::document::{Block, Document, Section, Table, Verdict, Words};
use crate::finding::Severity;
use crate::t;
use crate::text::{bytes, count, duration, percent};

impl AccessReport {
    /// The report as blocks.
    pub fn document(&self) -> Document {
        let mut blocks = vec![Block::Facts(self.facts())];
        blocks.extend(
            self.findings
                .iter()
                .map(|finding| Block::Finding(Box::new(finding.clone()))),
        );
        blocks.extend(self.timeline().map(Block::Chart));
        blocks.extend(self.map().map(Block::Chart));
        if !self.routes.is_empty() {
            blocks.push(Section::main(
                t!("Routes by time spent"),
                vec![self.route_table(false)],
            ));
        }
        blocks.push(Section::main(t!("What was read"), self.read()));
        blocks.extend(self.details());
        Document {
            title: match self.coverage.as_slice() {
                [one] => t!("Access log {name}", name = one.source),
                many => t!("{count} access logs", count = many.len()),
            },
            verdict: self.verdict(),
            blocks,
        }
    }

    fn verdict(&self) -> Verdict {
        let Some(worst) = self.findings.first() else {
            let headline = match self.requests {
                0 => t!("No request could be read."),
                _ => t!(
                    "Nothing unusual in {requests} requests.",
                    requests = count(self.requests)
                ),
            };
            return Verdict {
                severity: Severity::Info,
                headline: headline.into(),
                explanation: self.ordinary(),
            };
        };
        let mut explanation: Vec<Words> = vec![worst.summary.clone().into()];
        explanation.extend(
            self.findings
                .iter()
                .skip(1)
                .take(2)
                .map(|finding| t!("Also: {title}.", title = finding.title).into()),
        );
        Verdict {
            severity: worst.severity,
            headline: t!("{title}.", title = worst.title).into(),
            explanation,
        }
    }

    fn ordinary(&self) -> Vec<Words> {
        let failed: u64 = self
            .statuses
            .iter()
            .filter(|(status, _)| *status >= 500)
            .map(|(_, times)| times)
            .sum();
        let mut out = Vec::new();
        if self.requests > 0 {
            out.push(
                match failed {
                    0 => t!("None of them failed on the server."),
                    _ => t!(
                        "{share} of the requests failed on the server.",
                        share = percent(failed as f64, self.requests as f64)
                    ),
                }
                .into(),
            );
        }
        if let Some(latency) = &self.latency {
            out.push(
                t!(
                    "Half of the transactions took {p50} or less, 99 % took {p99} or less.",
                    p50 = duration(latency.p50_us),
                    p99 = duration(latency.p99_us)
                )
                .into(),
            );
        }
        out
    }

    fn facts(&self) -> Vec<(String, Words)> {
        let mut facts: Vec<(String, Words)> = Vec::new();
        if let Some((from, to)) = self.span {
            let zone = match self.zoned {
                true => String::new(),
                false => t!(" (clock of the log, its zone is not written)"),
            };
            facts.push((t!("Span"), format!("{} – {}{zone}", from.lo, to.lo).into()));
        }
        facts.push((
            t!("Requests"),
            t!(
                "{all}: {transactions} transactions, {statics} static files, {probes} probes",
                all = count(self.requests),
                transactions = count(self.transactions),
                statics = count(self.statics),
                probes = count(self.probe_requests)
            )
            .into(),
        ));
        let layer = |front| self.layers.iter().find(move |layer| layer.front == front);
        if let (Some(front), Some(back)) = (layer(true), layer(false)) {
            let counted = if front.counted { front } else { back };
            facts.push((
                t!("Layers"),
                t!(
                    "{front} ({front_requests}) stands in front of {back} ({back_requests}): the same requests, counted once, as in {counted}",
                    front = front.logs.join(", "),
                    front_requests = count(front.requests),
                    back = back.logs.join(", "),
                    back_requests = count(back.requests),
                    counted = counted.logs.join(", ")
                )
                .into(),
            ));
        }
        let class = |from: u16, to: u16| -> u64 {
            let within = self
                .statuses
                .iter()
                .filter(|(status, _)| (from..to).contains(status));
            within.map(|(_, times)| times).sum()
        };
        facts.push((
            t!("Answers"),
            t!(
                "2xx {ok}, 3xx {moved}, 4xx {rejected}, 5xx {failed}",
                ok = count(class(200, 300)),
                moved = count(class(300, 400)),
                rejected = count(class(400, 500)),
                failed = count(class(500, 600))
            )
            .into(),
        ));
        if let Some(latency) = &self.latency {
            facts.push((t!("Latency of transactions"), percentiles(latency).into()));
        }
        if let Some((apdex, score)) = self.apdex.and_then(|apdex| Some((apdex, apdex.score()?))) {
            let threshold = duration(apdex.threshold_us);
            facts.push((
                t!("Apdex"),
                match apdex.own_thresholds {
                    0 => t!(
                        "{score} (T = {threshold})",
                        score = format!("{score:.2}"),
                        threshold
                    ),
                    own => t!(
                        "{score} (T = {threshold}, {own} routes with their own)",
                        score = format!("{score:.2}"),
                        threshold,
                        own = count(own)
                    ),
                }
                .into(),
            ));
        }
        if let Some(concurrency) = &self.concurrency {
            let mut text = t!(
                "{mean} on average = {rate}/s × {took} (Little's law)",
                mean = milli(concurrency.mean_milli),
                rate = milli(concurrency.rate_milli),
                took = duration(concurrency.mean_duration_us)
            );
            // Where no request lasts beyond its second, the seconds do not tell how many there were at once.
            if concurrency.peak > 0 {
                text += &t!(
                    ", highest {peak} at {at}",
                    peak = count(concurrency.peak),
                    at = concurrency.peak_at.lo
                );
            }
            facts.push((t!("In progress"), text.into()));
        }
        if self.bytes > 0 {
            facts.push((t!("Sent"), bytes(self.bytes).into()));
        }
        if self.distinct_clients > 0 {
            facts.push((
                t!("Distinct clients"),
                t!("about {count}", count = count(self.distinct_clients)).into(),
            ));
        }
        facts
    }

    /// The routes that stand above the details.
    pub(super) fn main_routes(&self) -> impl Iterator<Item = &RouteRow> {
        let transactions = self.routes.iter();
        let transactions = transactions.filter(|row| row.class == RouteClass::Transaction);
        transactions.take(8)
    }

    /// Routes by time spent; those of transactions only and few of them, or all.
    pub(super) fn route_table(&self, all: bool) -> Block {
        let mut table = Table::new(&[
            &t!("Route"),
            &t!("#Requests"),
            &t!("#Time spent"),
            &t!("#p50"),
            &t!("#p95"),
            &t!("#p99"),
            &t!("#5xx"),
            &t!("#Sent"),
        ]);
        let shown: Vec<&RouteRow> = match all {
            true => self.routes.iter().collect(),
            false => self.main_routes().collect(),
        };
        for row in &shown {
            table.row([
                Words::code(&row.route),
                count(row.count).into(),
                timed(row, row.busy_us).into(),
                timed(row, row.p50_us).into(),
                timed(row, row.p95_us).into(),
                timed(row, row.p99_us).into(),
                count(row.errors).into(),
                bytes(row.bytes).into(),
            ]);
        }
        table.more = self.routes.len() as u64 - shown.len() as u64 + self.routes_more;
        Block::Table(table)
    }

    fn read(&self) -> Vec<Block> {
        let mut table = Table::new(&[
            &t!("File"),
            &t!("Format"),
            &t!("Stamp"),
            &t!("Duration"),
            &t!("#Requests"),
            &t!("#Not understood"),
        ]);
        for coverage in &self.coverage {
            let choices: Vec<_> = self
                .formats
                .iter()
                .filter(|choice| choice.source == coverage.source)
                .collect();
            let stamp = choices
                .first()
                .map_or(String::new(), |choice| match choice.stamp {
                    StampMeaning::Start => t!("start: {reason}", reason = choice.stamp_reason),
                    StampMeaning::End => t!("end: {reason}", reason = choice.stamp_reason),
                });
            let unit = choices
                .first()
                .map_or(String::new(), |choice| match choice.unit {
                    Some(unit) => t!(
                        "{unit}: {reason}",
                        unit = unit.word(),
                        reason = choice.unit_reason
                    ),
                    None => t!("none"),
                });
            table.row([
                Words::code(&coverage.source),
                coverage.format.as_str().into(),
                stamp.into(),
                unit.into(),
                count(coverage.records).into(),
                count(coverage.not_understood).into(),
            ]);
        }
        let mut blocks = vec![Block::Table(table)];
        let issues: Vec<Words> = self
            .coverage
            .iter()
            .flat_map(|coverage| &coverage.issues)
            .take(6)
            .map(|issue| {
                Words::code(issue.locator.to_string()).and(format!(": {}", issue.problem).as_str())
            })
            .collect();
        if !issues.is_empty() {
            blocks.push(Block::Paragraph(
                t!("The first lines that were not understood:").into(),
            ));
            blocks.push(Block::List(issues));
        }
        if !self.duplicates.is_empty() {
            blocks.push(Block::Paragraph(
                t!(
                    "Given more than once and counted once: {names}.",
                    names = self.duplicates.join(", ")
                )
                .into(),
            ));
        }
        blocks
    }
}

fn timed(row: &RouteRow, micros: i64) -> String {
    match row.apdex_milli {
        Some(_) => duration(micros),
        None => "–".to_owned(),
    }
}

/// Thousandths.
fn milli(value: u64) -> String {
    match value {
        0..10_000 => format!("{:.2}", value as f64 / 1000.0),
        10_000..100_000 => format!("{:.1}", value as f64 / 1000.0),
        _ => count(value / 1000),
    }
}

fn percentiles(latency: &Latency) -> String {
    t!(
        "p50 {p50}, p95 {p95}, p99 {p99}, longest {max}",
        p50 = duration(latency.p50_us),
        p95 = duration(latency.p95_us),
        p99 = duration(latency.p99_us),
        max = duration(latency.max_us)
    )
}
