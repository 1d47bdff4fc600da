//! `diag threads`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args as ClapArgs;

use super::session::Session;
use crate::input::Kind;
use crate::report::Report;
use crate::threads;

/// Find deadlocks, lock chains, busy pools and threads that did not move
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  diag threads jstack.txt
  diag threads dump-1.txt dump-2.txt dump-3.txt")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open(&args.files)?;
    let sources = bundle.holding(Kind::ThreadDump);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::ThreadDump));
    }
    let options = threads::Options::default();
    let report = threads::analyse(&sources, &options, session.progress());
    Ok(Report::Threads(report))
}
