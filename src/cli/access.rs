//! `diag access`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args as ClapArgs;

use super::session::Session;
use crate::access;
use crate::input::Kind;
use crate::report::Report;

/// Find what the requests felt
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  diag access localhost_access_log.txt
  diag access access.log.1.gz access.log")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open(&args.files)?;
    let sources = bundle.holding(Kind::AccessLog);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::AccessLog));
    }
    let options = access::Options::default();
    let report = access::analyse(&sources, &options, session.progress());
    Ok(Report::Access(Box::new(report)))
}
