//! What containerd and other platforms write about a container in a log line.

use super::logs::{Candidate, Found};
use crate::events::event::{Subject, What};

/// See [`super::logs`].
pub(super) const TRIGGERS: &[&str] = &[
    "TaskOOM event",
    "OutOfMemoryError: Container killed",
    "Exited with status ",
];

/// The event that a line holds.
pub(super) fn line(line: &Candidate<'_>) -> Option<Found> {
    let text = line.text;
    // `msg="TaskOOM event container_id:\"…\""`, before 1.7 `TaskOOM event &TaskOOM{ContainerID:…,…}`
    if text.contains("TaskOOM event") {
        let id: Option<String> = ["container_id:", "ContainerID:"].iter().find_map(|key| {
            let (_, rest) = text.split_once(key)?;
            let id: String = rest
                .chars()
                .skip_while(|c| matches!(c, '\\' | '"'))
                .take_while(char::is_ascii_alphanumeric)
                .collect();
            (!id.is_empty()).then_some(id)
        });
        let subject = Subject {
            container_id: id,
            ..Subject::default()
        };
        return Some((What::OomKilled, subject));
    }
    // ECS looks like a Java error here, but it is the memory limit of the container.
    if text.contains("OutOfMemoryError: Container killed") {
        return Some((What::OomKilled, Subject::default()));
    }
    // Cloud Foundry: `Exited with status 137 (out of memory)`. The word in brackets is a guess of the platform.
    let (_, rest) = text.split_once("Exited with status ")?;
    let digits = rest
        .find(|c: char| !c.is_ascii_digit())
        .unwrap_or(rest.len());
    let exit_code = rest[..digits].parse().ok()?;
    let reason = rest[digits..]
        .split_once('(')
        .and_then(|(_, reason)| reason.split(')').next())
        .map(str::to_owned);
    let what = What::ContainerTerminated {
        exit_code: Some(exit_code),
        signal: None,
        reason,
    };
    Some((what, Subject::default()))
}
