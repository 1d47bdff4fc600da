//! The command line: the only room that knows clap, colour, progress bars and exit statuses.

mod access;
mod events;
mod exit;
mod explain;
mod gc;
mod global;
mod heap;
mod host;
mod incident;
mod merge;
mod output;
mod pager;
mod progress;
mod render;
mod rooms;
mod schema;
mod session;
mod shell;
mod threads;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};

pub use rooms::{rules, sniffers};

use exit::Status;
use global::Global;
use session::Session;

use crate::document::redact;

/// Post-mortem analysis of dead JVMs.
///
/// Hand it whatever files are left. It says what ended the process, what made it unable to work, what caused that, how
/// sure it is, and what to do next.
#[derive(Debug, Parser)]
#[command(name = "diag", version, after_help = EXAMPLES, max_term_width = 110)]
struct Cli {
    #[command(flatten)]
    global: Global,
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  diag incident ./evidence                 everything in a folder, joined on one clock
  diag incident evidence.tar.gz -o report.html -o report.json
  diag heap dump.hprof                     who holds the memory, and why it cannot be freed
  diag threads jstack-1.txt jstack-2.txt   who waits for whom, and who did not move
  kubectl logs shop-0 | diag gc -          pauses, occupancy, death spirals

Exit status:
  0  analysed                  2  wrong usage
  1  findings at or above --fail-on   3  nothing readable

No file is changed and nothing is sent anywhere.";

#[derive(Debug, Subcommand)]
enum Command {
    Incident(incident::Args),
    Heap(heap::Args),
    Threads(threads::Args),
    Gc(gc::Args),
    Access(access::Args),
    Merge(merge::Args),
    Events(events::Args),
    Host(host::Args),
    Render(render::Args),
    Rules(explain::RulesArgs),
    Explain(explain::ExplainArgs),
    Schema(schema::Args),
    Completions(shell::CompletionsArgs),
    Man(shell::ManArgs),
}

/// Parses `arguments`, runs the command and gives the exit status of the process.
pub fn main(arguments: impl IntoIterator<Item = OsString>) -> ExitCode {
    let cli = Cli::command()
        .try_get_matches_from(arguments)
        .and_then(|matches| Cli::from_arg_matches(&matches));
    let status = match cli {
        Ok(cli) => match run(cli) {
            Ok(status) => status,
            Err(error) if broken_pipe(&error) => Status::Analysed,
            Err(error) => {
                complain(&format!("{error:#}"));
                Status::of(&error)
            }
        },
        Err(error) => {
            let message = error.render().to_string();
            let clean = redact::message(&message);
            match clean == message {
                // clap decides between standard output (--help) and standard error; a closed pipe is nobody's fault.
                true => drop(error.print()),
                false => complain(&clean),
            }
            match error.use_stderr() {
                true => Status::Usage,
                false => Status::Analysed,
            }
        }
    };
    ExitCode::from(status as u8)
}

fn run(cli: Cli) -> anyhow::Result<Status> {
    let locale = cli.global.locale()?;
    let session = Session::new(cli.global)?;
    // A saved report brings its own.
    if !matches!(cli.command, Command::Render(_)) {
        locale.set();
    }
    match cli.command {
        Command::Incident(args) => session.analyse(|session| incident::run(&args, session)),
        Command::Heap(args) => session.analyse(|session| heap::run(&args, session)),
        Command::Threads(args) => session.analyse(|session| threads::run(&args, session)),
        Command::Gc(args) => session.analyse(|session| gc::run(&args, session)),
        Command::Access(args) => access::run(&args, &session),
        Command::Merge(args) => session.analyse(|session| merge::run(&args, session)),
        Command::Events(args) => session.analyse(|session| events::run(&args, session)),
        Command::Host(args) => session.analyse(|session| host::run(&args, session)),
        Command::Render(args) => render::run(&args, &session),
        Command::Rules(args) => explain::rules(&args),
        Command::Explain(args) => explain::explain(&args),
        Command::Schema(args) => schema::run(&args),
        Command::Completions(args) => shell::completions(&args, Cli::command()),
        Command::Man(args) => shell::man(&args, Cli::command()),
    }
}

/// Writes `text` to standard output.
fn say(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()?;
    Ok(())
}

/// Writes one message to standard error, without the secrets that a quoted line or a path may hold. There is nobody to
/// tell when that fails.
fn complain(message: &str) {
    let message = redact::message(message);
    let _ = writeln!(io::stderr().lock(), "diag: {message}");
}

fn broken_pipe(error: &anyhow::Error) -> bool {
    error.chain().any(|cause| {
        cause
            .downcast_ref::<io::Error>()
            .is_some_and(|error| error.kind() == io::ErrorKind::BrokenPipe)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
