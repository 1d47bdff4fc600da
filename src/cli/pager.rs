//! A pager for reports longer than the screen.

use std::env;
use std::io::{self, IsTerminal, Write};
use std::process::{Command, Stdio};

use super::say;

/// Writes `text` to standard output, through a pager when standard output is a terminal that cannot show it whole:
/// `DIAG_PAGER`, else `PAGER`, else `less`. An empty variable or `cat` means no pager.
pub(super) fn show(text: &str, wanted: bool) -> anyhow::Result<()> {
    let rows = terminal_size::terminal_size().map_or(usize::MAX, |(_, rows)| usize::from(rows.0));
    if wanted && io::stdout().is_terminal() && text.lines().count() >= rows && paged(text) {
        return Ok(());
    }
    say(text)
}

/// Whether a pager took the text.
fn paged(text: &str) -> bool {
    let chosen = env::var("DIAG_PAGER").or_else(|_| env::var("PAGER"));
    let chosen = chosen.unwrap_or_else(|_| "less".to_owned());
    let mut words = chosen.split_whitespace();
    let program = match words.next() {
        None | Some("cat") => return false,
        Some(program) => program,
    };
    let mut command = Command::new(program);
    command.args(words).stdin(Stdio::piped());
    if env::var_os("LESS").is_none() {
        // Quit if it fits, pass colours, leave the text on the screen.
        command.env("LESS", "FRX");
    }
    let Ok(mut child) = command.spawn() else {
        return false;
    };
    if let Some(mut input) = child.stdin.take() {
        // A reader who quits early has read enough.
        let _ = input.write_all(text.as_bytes());
    }
    let _ = child.wait();
    true
}
