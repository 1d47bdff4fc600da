//! Bytes in: open, unpack, unwrap and recognise what a person hands us, without knowing what it means.
//!
//! A [`Bundle`] is everything given on the command line, as a flat, ordered list of [`Source`]s. Each room says by its
//! [`Sniffer`]s how its formats look; this room only runs the contest. Nothing here aborts a run: what cannot be read
//! is listed in [`Bundle::issues`].

mod bundle;
mod bytes;
mod chunks;
mod coverage;
mod encoding;
mod envelope;
mod journal;
mod lines;
mod mmap;
mod progress;
mod recognise;
mod series;
mod source;
mod unpack;
mod walk;

pub use bundle::{Bundle, Watch};
pub use bytes::Bytes;
pub use chunks::Chunks;
pub use coverage::{Coverage, ParseIssue};
pub use lines::{Line, Lines, split_at_lines};
pub use progress::{Progress, Silent};
pub use recognise::{Certainty, Kind, Sample, Sniffer};
pub use source::{Envelope, Source};
