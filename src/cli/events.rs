//! `diag events`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args as ClapArgs;

use super::session::Session;
use crate::events;
use crate::input::Kind;
use crate::report::Report;

/// Find what started, suffered and died
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  diag events describe.txt events.json app.log")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open(&args.files)?;
    let sources = bundle.holding(Kind::Events);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::Events));
    }
    let options = events::Options::default();
    let report = events::analyse(&sources, &options, session.progress());
    Ok(Report::Events(report))
}
