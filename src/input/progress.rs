//! How long work reports its progress, without knowing who watches.

/// Receives progress. Called from any thread, once per chunk of work and never per record.
pub trait Progress: Sync {
    /// A new phase begins, with `total` units of work (usually bytes); 0 when the amount is unknown.
    fn phase(&self, name: &str, total: u64);

    /// `amount` more units of the current phase are done.
    fn advance(&self, amount: u64);
}

/// Nobody watches.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _name: &str, _total: u64) {}

    fn advance(&self, _amount: u64) {}
}
