//! `diag gc`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args as ClapArgs;

use super::session::Session;
use crate::gc::{self, GcReport};
use crate::input::Kind;
use crate::report::Report;

/// Find pauses, lost time, the trend of the live set and death spirals
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  diag gc gc.log
  diag gc gc.log.0 gc.log.1 gc.log -o gc.html
  diag gc before.log --compare after.log")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// Logs of the same program after a change: shows on which measures it helped
    #[arg(long, value_name = "AFTER")]
    compare: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let report = analyse(&args.files, session)?;
    if args.compare.is_empty() {
        return Ok(Report::Gc(report));
    }
    let after = analyse(&args.compare, session)?;
    Ok(Report::Gc(gc::compare(&report, after)))
}

fn analyse(files: &[PathBuf], session: &Session) -> anyhow::Result<GcReport> {
    let bundle = session.open(files)?;
    let sources = bundle.holding(Kind::GcLog);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::GcLog));
    }
    let options = gc::Options::default();
    Ok(gc::analyse(&sources, &options, session.progress()))
}
