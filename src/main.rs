//! The `diag` program: everything lives in the library, this only turns the outcome into an exit status.

use std::process::ExitCode;

fn main() -> ExitCode {
    diag::cli::main(std::env::args_os())
}
