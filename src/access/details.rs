//! The details of the report: what is shown to those who ask for more.

use super::AccessReport;
use crate::document::{Block, Section, Table, Words};
use crate::t;
use crate::text::{bytes, count, duration, percent};

impl AccessReport {
    /// Sections with details, most telling first.
    pub(super) fn details(&self) -> Vec<Block> {
        let mut out = Vec::new();
        if let Some(episode) = &self.episode {
            let mut table = Table::new(&[&t!("Measure"), &t!("#Before"), &t!("#During")]);
            let nothing_before = episode.errors_before.1 == 0;
            let rows = [
                (
                    t!("Transactions per hour"),
                    count(episode.rate_before_per_hour),
                    count(episode.rate_during_per_hour),
                ),
                (
                    t!("Server errors"),
                    percent(
                        episode.errors_before.0 as f64,
                        episode.errors_before.1 as f64,
                    ),
                    percent(
                        episode.errors_during.0 as f64,
                        episode.errors_during.1 as f64,
                    ),
                ),
                (
                    t!("p50"),
                    duration(episode.before.p50_us),
                    duration(episode.during.p50_us),
                ),
                (
                    t!("p95"),
                    duration(episode.before.p95_us),
                    duration(episode.during.p95_us),
                ),
                (
                    t!("p99"),
                    duration(episode.before.p99_us),
                    duration(episode.during.p99_us),
                ),
            ];
            for (name, before, during) in rows {
                let before = if nothing_before {
                    "–".to_owned()
                } else {
                    before
                };
                table.row([name.into(), before.into(), during.into()]);
            }
            let text = t!(
                "From {from} to {to}; the first sign was {sign}.",
                from = episode.from,
                to = episode.to,
                sign = episode.first_sign
            );
            out.push(Section::detail(
                t!("Before and during"),
                vec![Block::Paragraph(text.into()), Block::Table(table)],
            ));
        }
        if self.routes.len() > self.main_routes().count() {
            out.push(Section::detail(
                t!("All routes"),
                vec![self.route_table(true)],
            ));
        }
        if !self.slowest.is_empty() {
            let mut table = Table::new(&[
                &t!("#Took"),
                &t!("Route"),
                &t!("#Status"),
                &t!("Ended"),
                &t!("Line"),
            ]);
            for slow in &self.slowest {
                table.row([
                    duration(slow.duration_us).into(),
                    Words::code(&slow.route),
                    slow.status.to_string().into(),
                    slow.end.to_string().into(),
                    Words::code(slow.locator.to_string()),
                ]);
            }
            out.push(Section::detail(
                t!("Slowest transactions"),
                vec![Block::Table(table)],
            ));
        }
        if self.instances.len() > 1 {
            let mut table = Table::new(&[
                &t!("Server"),
                &t!("#Requests"),
                &t!("#Share"),
                &t!("#5xx"),
                &t!("#Time spent"),
                &t!("#Clients"),
            ]);
            for row in &self.instances {
                table.row([
                    Words::code(&row.name),
                    count(row.requests).into(),
                    percent(row.requests as f64, self.requests as f64).into(),
                    count(row.errors).into(),
                    duration(row.busy_us).into(),
                    count(row.clients).into(),
                ]);
            }
            out.push(Section::detail(t!("Servers"), vec![Block::Table(table)]));
        }
        for (title, leaders) in [
            (t!("Clients with most requests"), &self.clients),
            (t!("Agents with most requests"), &self.agents),
        ] {
            if leaders.is_empty() {
                continue;
            }
            let mut table = Table::new(&[
                &t!("Name"),
                &t!("#Requests"),
                &t!("#4xx and 5xx"),
                &t!("#Time spent"),
                &t!("#Sent"),
            ]);
            for leader in leaders {
                table.row([
                    Words::code(&leader.name),
                    count(leader.requests).into(),
                    count(leader.errors).into(),
                    duration(leader.busy_us).into(),
                    bytes(leader.bytes).into(),
                ]);
            }
            out.push(Section::detail(title, vec![Block::Table(table)]));
        }
        if !self.probes.is_empty() {
            let mut table = Table::new(&[
                &t!("Probe"),
                &t!("Agent"),
                &t!("Server"),
                &t!("#Times"),
                &t!("#Failed"),
                &t!("#Every"),
                &t!("Last good before trouble"),
            ]);
            for track in &self.probes {
                table.row([
                    Words::code(&track.path),
                    track.agent.as_str().into(),
                    track.instance.as_str().into(),
                    count(track.count).into(),
                    count(track.failed).into(),
                    track
                        .period_us
                        .map_or("–".into(), |period| duration(period).into()),
                    track
                        .last_good
                        .as_ref()
                        .map_or("–".into(), |(at, _)| at.to_string().into()),
                ]);
            }
            out.push(Section::detail(
                t!("Health probes"),
                vec![Block::Table(table)],
            ));
        }
        out
    }
}
