//! `diag gc`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args as ClapArgs;

use super::session::Session;
use crate::gc;
use crate::input::Kind;
use crate::report::Report;

/// Find pauses, lost time, the trend of the live set and death spirals
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  diag gc gc.log
  diag gc gc.log.0 gc.log.1 gc.log -o gc.html")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open(&args.files)?;
    let sources = bundle.holding(Kind::GcLog);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::GcLog));
    }
    let options = gc::Options::default();
    let report = gc::analyse(&sources, &options, session.progress());
    Ok(Report::Gc(report))
}
