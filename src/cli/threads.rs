//! `diag threads`.

use std::fs;
use std::path::PathBuf;

use anyhow::{Context, bail};
use clap::Args as ClapArgs;

use super::session::Session;
use crate::input::Kind;
use crate::report::Report;
use crate::{access, incident, threads};

/// Find deadlocks, lock chains, busy pools and threads that did not move
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  diag threads jstack.txt
  diag threads dump-1.txt dump-2.txt dump-3.txt top-H.txt
  diag threads jstack.txt access.log      # threads needed = rate × response time
  diag threads catalina.out --dot waits.dot")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,

    /// From how many percent of busy threads a pool counts as exhausted
    #[arg(long, value_name = "PERCENT", default_value_t = 85, value_parser = clap::value_parser!(u8).range(1..=100), help_heading = "Analysis")]
    pool_busy_pct: u8,

    /// Write the wait-for graph to FILE in the language of Graphviz
    #[arg(long, value_name = "FILE", help_heading = "Output")]
    dot: Option<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open(&args.files)?;
    let sources = bundle.holding(Kind::ThreadDump);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::ThreadDump));
    }
    let options = threads::Options {
        pool_busy_percent: f64::from(args.pool_busy_pct),
    };
    let mut report = threads::analyse(&sources, &options, session.progress());
    let logs = bundle.holding(Kind::AccessLog);
    if !logs.is_empty() {
        let access = access::analyse(&logs, &access::Options::default(), session.progress());
        if let Some(load) = incident::load(&access) {
            report.size(load);
        }
    }
    if let Some(path) = &args.dot {
        let text = threads::dot(&report);
        fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(Report::Threads(report))
}
