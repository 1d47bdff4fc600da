//! Exit statuses, documented in `--help` and `docs/cli.md`.

/// What the process tells its caller.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
pub(super) enum Status {
    /// Everything asked for was analysed.
    Analysed = 0,
    /// Analysed, with findings at or above `--fail-on`.
    Findings = 1,
    /// The command line makes no sense.
    Usage = 2,
    /// Nothing given could be read, or an output could not be written.
    Unreadable = 3,
}

/// An error of the person at the keyboard rather than of the files.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(super) struct UsageError(pub(super) String);

impl Status {
    /// The status that an error ends with.
    pub(super) fn of(error: &anyhow::Error) -> Self {
        match error.is::<UsageError>() {
            true => Self::Usage,
            false => Self::Unreadable,
        }
    }
}
