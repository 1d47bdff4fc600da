//! The one boundary where secrets leave a report. Applied to report data before any output is made from it, and to
//! every message on standard error.
//!
//! A secret is recognised by its own shape (a JWT, a PEM block) or by the name before it (`password=`, `Cookie:`).
//! What is removed is replaced by [`REMOVED`]; the name stays, so that a reader sees what stood there.

mod pseudonyms;
mod secrets;

use std::collections::BTreeMap;

use pseudonyms::Pseudonyms;
use serde_json::Value;

/// What stands in place of a secret.
pub const REMOVED: &str = "[removed]";

/// For whom a report is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Profile {
    /// For the people who own the evidence: nothing is removed.
    Off,
    /// For a ticket: secrets and personal data are removed; hosts and addresses stay.
    #[default]
    Ticket,
    /// For the world: hosts, pods and addresses become consistent pseudonyms as well.
    Public,
}

/// What was done to a report.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Redacted {
    /// Secrets and personal data replaced.
    pub removed: u64,
    /// Hosts, pods and addresses with the pseudonym that each got. Tells what the report does not: not for its readers.
    pub pseudonyms: BTreeMap<String, String>,
}

impl Redacted {
    /// Whether there was nothing to replace.
    pub fn is_nothing(&self) -> bool {
        self.removed == 0 && self.pseudonyms.is_empty()
    }
}

/// Removes from every string of `value`, keys included, what `profile` does not allow. Doing it again changes nothing.
pub fn value(value: &mut Value, profile: Profile) -> Redacted {
    let mut count = Redacted::default();
    if profile == Profile::Off {
        return count;
    }
    walk(value, &mut |text| secrets::remove(text, &mut count.removed));
    named_values(value, &mut count.removed);
    if profile == Profile::Public {
        let mut names = Pseudonyms::default();
        walk(value, &mut |text| names.replace(text));
        if let Some(known) = names.known() {
            walk(value, &mut |text| known.replace(text));
        }
        count.pseudonyms = names.given();
    }
    count
}

/// A message without its secrets.
pub fn message(text: &str) -> String {
    secrets::remove(text, &mut 0).unwrap_or_else(|| text.to_owned())
}

/// Gives every string of `value` to `change`, keys of objects included; it gives back those that it changed.
fn walk(value: &mut Value, change: &mut impl FnMut(&str) -> Option<String>) {
    match value {
        Value::String(text) => {
            if let Some(changed) = change(text) {
                *text = changed;
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| walk(item, change)),
        Value::Object(fields) => {
            let mut renamed = Vec::new();
            for (key, item) in fields.iter_mut() {
                walk(item, change);
                if let Some(name) = change(key).filter(|name| name != key) {
                    renamed.push((key.clone(), name));
                }
            }
            for (old, new) in renamed {
                let Some(item) = fields.remove(&old) else {
                    continue;
                };
                let mut free = new.clone();
                let mut number = 2;
                while fields.contains_key(&free) {
                    free = format!("{new} ({number})");
                    number += 1;
                }
                fields.insert(free, item);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) => {}
    }
}

/// Removes the values whose name stands in another string: `{"DB_PASSWORD": "x"}`, `["DB_PASSWORD", "x"]`,
/// `[…, "--password", "x", …]`.
fn named_values(value: &mut Value, removed: &mut u64) {
    match value {
        Value::Array(items) => {
            let pair = items.len() == 2;
            for index in 1..items.len() {
                let (before, rest) = items.split_at_mut(index);
                let Some(name) = before.last().and_then(Value::as_str) else {
                    continue;
                };
                if (pair || name.starts_with('-')) && secrets::is_name(name) {
                    empty(&mut rest[0], removed);
                }
            }
            items
                .iter_mut()
                .for_each(|item| named_values(item, removed));
        }
        Value::Object(fields) => {
            for (key, item) in fields.iter_mut() {
                if secrets::is_name(key) {
                    empty(item, removed);
                }
                named_values(item, removed);
            }
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

fn empty(value: &mut Value, removed: &mut u64) {
    if let Value::String(text) = value
        && !text.is_empty()
        && text != REMOVED
    {
        REMOVED.clone_into(text);
        *removed += 1;
    }
}
