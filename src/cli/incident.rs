//! `diag incident`.

use std::path::PathBuf;

use clap::Args as ClapArgs;

use super::session::Session;
use crate::incident;
use crate::report::Report;

/// Join all evidence on one clock: what ended the process, what made it unable to work, what caused that
#[derive(Debug, ClapArgs)]
#[command(
    after_help = "Examples:\n  diag incident ./evidence\n  diag incident evidence.tar.gz -o report.html -o report.md"
)]
pub(super) struct Args {
    /// Folders, archives or files, or - for standard input
    #[arg(required = true, value_name = "PATH")]
    paths: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open_unsearched(&args.paths)?;
    let report = incident::analyse(&bundle, session.progress());
    Ok(Report::Incident(Box::new(report)))
}
