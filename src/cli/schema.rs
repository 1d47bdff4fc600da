//! `diag schema`: the contract of saved reports.

use clap::Args as ClapArgs;

use super::exit::Status;
use super::say;
use crate::report;

/// Print the JSON Schema of reports written with --format json
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  diag schema > report.schema.json")]
pub(super) struct Args {}

pub(super) fn run(_args: &Args) -> anyhow::Result<Status> {
    say(&(serde_json::to_string_pretty(&report::schema())? + "\n"))?;
    Ok(Status::Analysed)
}
