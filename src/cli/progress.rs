//! The progress bar: on standard error, only where a person sees it, only for work over a second.

use std::sync::Mutex;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::input::Progress;

/// Shows phases as they come. Silent when standard error is not a terminal.
#[derive(Debug)]
pub(super) struct Bar {
    bar: ProgressBar,
    /// Held while a phase changes, so that name and length belong together.
    phase: Mutex<()>,
}

impl Bar {
    /// A bar that stays hidden during its first second.
    pub(super) fn new(quiet: bool) -> Self {
        let target = match quiet {
            true => ProgressDrawTarget::hidden(),
            false => ProgressDrawTarget::stderr_with_hz(5),
        };
        let bar = ProgressBar::with_draw_target(None, target);
        bar.enable_steady_tick(Duration::from_secs(1));
        Self {
            bar,
            phase: Mutex::new(()),
        }
    }

    /// Removes the bar from the screen.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    /// Runs `work`, which writes to standard error, with the bar out of the way.
    pub(super) fn suspend(&self, work: impl FnOnce()) {
        self.bar.suspend(work);
    }
}

impl Progress for Bar {
    fn phase(&self, name: &str, total: u64) {
        let _held = self.phase.lock();
        let template = match total {
            0 => "{msg} {elapsed}",
            _ => "{msg} {bar:30} {percent:>3} % {elapsed}",
        };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.bar.set_style(style);
        }
        self.bar.set_length(total);
        self.bar.set_position(0);
        self.bar.set_message(name.to_owned());
    }

    fn advance(&self, amount: u64) {
        self.bar.inc(amount);
    }
}
