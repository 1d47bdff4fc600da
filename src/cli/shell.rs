//! `diag completions` and `diag man`: made from the command line's own definition.

use clap::{Args as ClapArgs, Command};
use clap_complete::Shell;

use super::exit::Status;
use super::say;

/// Print a completion script for a shell
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  diag completions bash > /etc/bash_completion.d/diag")]
pub(super) struct CompletionsArgs {
    /// The shell
    shell: Shell,
}

/// Print the manual page
#[derive(Debug, ClapArgs)]
#[command(after_help = "Example:\n  diag man | man -l -")]
pub(super) struct ManArgs {}

pub(super) fn completions(args: &CompletionsArgs, mut command: Command) -> anyhow::Result<Status> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command, "diag", &mut script);
    say(&String::from_utf8_lossy(&script))?;
    Ok(Status::Analysed)
}

pub(super) fn man(_args: &ManArgs, command: Command) -> anyhow::Result<Status> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command).render(&mut page)?;
    say(&String::from_utf8_lossy(&page))?;
    Ok(Status::Analysed)
}
