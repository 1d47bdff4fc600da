//! `diag`: post-mortem analysis of dead JVMs.
//!
//! ```text
//! files ─► input ─► heap │ threads │ gc │ access │ events │ host ─► incident ─► report ─► document ─► render
//!          open,    one room per kind of evidence:          clocks,     the        neutral    terminal, Markdown,
//!          unpack,  formats → model → analysis → rules      lives,      contract   blocks     HTML, JSON
//!          recognise                                        hypotheses
//! ```
//!
//! Data moves left to right and never back. `docs/architecture.md` states what each room may know;
//! `tests/architecture.rs` holds it.

pub mod text;

pub mod document;
pub mod finding;
pub mod input;
pub mod time;

pub mod access;
pub mod events;
pub mod gc;
pub mod heap;
pub mod host;
pub mod threads;

pub mod incident;
pub mod report;

pub mod render;

pub mod cli;
