//! `diag host`.

use std::path::PathBuf;

use anyhow::bail;
use clap::Args as ClapArgs;

use super::session::Session;
use crate::host;
use crate::input::Kind;
use crate::report::Report;

/// Read snapshots of the host and the process: sockets, descriptors, processor, memory, limits
#[derive(Debug, ClapArgs)]
#[command(after_help = "\
Examples:
  diag host ss.txt vmstat.txt nmt.txt histogram-1.txt histogram-2.txt")]
pub(super) struct Args {
    /// Files, folders or archives, or - for standard input
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
}

pub(super) fn run(args: &Args, session: &Session) -> anyhow::Result<Report> {
    let bundle = session.open(&args.files)?;
    let sources = bundle.holding(Kind::HostSnapshot);
    if sources.is_empty() {
        bail!("{}", session.nothing_of(&bundle, Kind::HostSnapshot));
    }
    let options = host::Options::default();
    let report = host::analyse(&sources, &options, session.progress());
    Ok(Report::Host(Box::new(report)))
}
