//! Tables of `kubectl get events`, `kubectl events` (all outputs), `kubectl get pods` and `get nodes`, and the events table inside a
//! description. Columns are where the header has them: the table writer of Go aligns every row.

use super::kubernetes_reason;
use super::quantity::{self, Age};
use crate::events::event::{Event, Rough, Subject, What};
use crate::events::reading::Reading;
use crate::events::state::PodState;

/// A table whose header was read.
#[derive(Debug)]
pub(super) struct Table {
    kind: Kind,
    columns: Vec<(String, usize)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Events,
    Pods,
    Nodes,
}

/// The table that a header line begins, if it is one that is known.
pub(super) fn header(text: &str) -> Option<Table> {
    let columns = columns(text);
    let has = |name: &str| columns.iter().any(|(title, _)| title == name);
    let kind = if has("REASON") && has("MESSAGE") && (has("LAST SEEN") || has("LASTSEEN")) {
        Kind::Events
    } else if has("NAME") && has("READY") && has("STATUS") && has("RESTARTS") && has("AGE") {
        Kind::Pods
    } else if has("NAME") && has("STATUS") && has("ROLES") && has("AGE") && has("VERSION") {
        Kind::Nodes
    } else {
        return None;
    };
    Some(Table { kind, columns })
}

/// The events table inside a description, from its header (`Type Reason Age From Message`).
pub(super) fn described_header(text: &str) -> Option<Table> {
    let columns = columns(text);
    let columns: Vec<_> = columns
        .into_iter()
        .map(|(title, at)| (title.to_uppercase(), at))
        .collect();
    let has = |name: &str| columns.iter().any(|(title, _)| title == name);
    let kind = Kind::Events;
    (has("REASON") && has("MESSAGE")).then_some(Table { kind, columns })
}

/// Titles and their positions in characters. Titles are separated by two spaces or a tab.
fn columns(text: &str) -> Vec<(String, usize)> {
    let mut columns: Vec<(String, usize)> = Vec::new();
    let mut gap = 2;
    for (at, character) in text.chars().enumerate() {
        match character {
            '\t' => gap = 2,
            ' ' => gap += 1,
            _ => {
                match columns.last_mut() {
                    Some((title, _)) if gap < 2 => {
                        if gap == 1 {
                            title.push(' ');
                        }
                        title.push(character);
                    }
                    _ => columns.push((character.to_string(), at)),
                }
                gap = 0;
            }
        }
    }
    columns
}

impl Table {
    /// Reads a row. Returns whether it was understood.
    pub(super) fn row(&self, text: &str, line: u64, reading: &mut Reading<'_>) -> bool {
        let cells = self.cells(text);
        match self.kind {
            Kind::Events => match self.event(&cells, Subject::default(), line, reading) {
                Some(event) => {
                    reading.push(event);
                    true
                }
                None => false,
            },
            Kind::Pods => self.pod(&cells, line, reading).is_some(),
            Kind::Nodes => self.node(&cells, text, line, reading).is_some(),
        }
    }

    /// Reads a row of a description's events table about `subject`.
    pub(super) fn described(
        &self,
        text: &str,
        subject: Subject,
        line: u64,
        reading: &Reading<'_>,
    ) -> Option<Event> {
        self.event(&self.cells(text), subject, line, reading)
    }

    /// The cells of a row: cut where the header's columns begin when a space stands before each, else at runs of two
    /// spaces, else (white space collapsed by a ticket system) word by word.
    fn cells<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let starts: Vec<usize> = match text.is_ascii() {
            true => self.columns.iter().map(|(_, at)| *at).collect(),
            false => self
                .columns
                .iter()
                .map(|(_, at)| text.char_indices().nth(*at).map_or(text.len(), |(i, _)| i))
                .collect(),
        };
        let bytes = text.as_bytes();
        let aligned = starts.iter().all(|&start| {
            start >= bytes.len() || start == 0 || matches!(bytes[start - 1], b' ' | b'\t')
        });
        let filled = starts.first().is_none_or(|&start| {
            bytes.get(start).is_some_and(|byte| *byte != b' ')
                && bytes[..start].trim_ascii().is_empty()
        });
        if aligned && filled {
            let ends = starts.iter().skip(1).copied().chain([text.len()]);
            return starts
                .iter()
                .zip(ends)
                .map(|(&start, end)| text.get(start..end.min(text.len())).unwrap_or("").trim())
                .collect();
        }
        let parts: Vec<&str> = text
            .split("  ")
            .map(str::trim)
            .filter(|part| !part.is_empty())
            .collect();
        if parts.len() == self.columns.len() {
            return parts;
        }
        self.words(text)
    }

    /// Cells of a row whose white space was collapsed: one word a column, but an age may carry ` (x5 over 58m)`, a
    /// source may carry `, node`, and the last column takes the rest.
    fn words<'t>(&self, text: &'t str) -> Vec<&'t str> {
        let mut rest = text.trim();
        let mut cells = Vec::with_capacity(self.columns.len());
        for (index, (title, _)) in self.columns.iter().enumerate() {
            let mut end = rest.find(char::is_whitespace).unwrap_or(rest.len());
            if index + 1 == self.columns.len() {
                end = rest.len();
            } else if matches!(title.as_str(), "AGE" | "LAST SEEN") {
                if rest[end..].trim_start().starts_with('(') {
                    end = rest.find(')').map_or(end, |close| close + 1);
                }
            } else if rest[..end].ends_with(',') {
                let next = rest[end..].trim_start();
                let word = next.find(char::is_whitespace).unwrap_or(next.len());
                end = rest.len() - next.len() + word;
            }
            cells.push(&rest[..end]);
            rest = rest[end..].trim_start();
        }
        cells
    }

    fn cell<'t>(&self, cells: &[&'t str], title: &str) -> Option<&'t str> {
        let index = self.columns.iter().position(|(name, _)| name == title)?;
        cells.get(index).copied().filter(|cell| {
            !cell.is_empty() && *cell != "<none>" && *cell != "<unknown>" && *cell != "<nil>"
        })
    }

    fn event(
        &self,
        cells: &[&str],
        mut subject: Subject,
        line: u64,
        reading: &Reading<'_>,
    ) -> Option<Event> {
        let reason = self.cell(cells, "REASON")?;
        let message = self.cell(cells, "MESSAGE").unwrap_or("");
        if reason.contains(' ') && reason != "OOM Killed" {
            return None;
        }
        if let Some(namespace) = self.cell(cells, "NAMESPACE") {
            subject.namespace = Some(namespace.to_owned());
        }
        if let Some(object) = self.cell(cells, "OBJECT") {
            let (kind, name) = object.split_once('/')?;
            set_object(&mut subject, kind, name);
        } else if let (Some(kind), Some(name)) =
            (self.cell(cells, "KIND"), self.cell(cells, "NAME"))
        {
            set_object(&mut subject, kind, name);
        }
        let path = self
            .cell(cells, "SUBOBJECT")
            .or(self.cell(cells, "SUBOBJECTPATH"));
        if let Some(container) = path.and_then(container_of_path) {
            subject.container = Some(container);
        }
        let from = self.cell(cells, "SOURCE").or(self.cell(cells, "FROM"));
        if let Some((_, node)) = from.and_then(|from| from.split_once(", "))
            && subject.node.is_none()
        {
            subject.node = Some(node.trim().to_owned());
        }
        let what = kubernetes_reason::what(reason, message, &mut subject);
        let detail = format!("{reason}: {message}");
        let mut event = reading.event(what, subject, &detail, line);

        let seen = self
            .cell(cells, "LAST SEEN")
            .or(self.cell(cells, "LASTSEEN"))
            .or(self.cell(cells, "AGE"));
        let (last, over) = series(seen.unwrap_or(""));
        let first = self
            .cell(cells, "FIRST SEEN")
            .or(self.cell(cells, "FIRSTSEEN"))
            .and_then(quantity::age);
        let column = self
            .cell(cells, "COUNT")
            .and_then(|count| count.parse().ok());
        match (over, first) {
            (Some((count, first)), _) => set_series(&mut event, count, first, last),
            (None, Some(first)) => {
                let count = column.unwrap_or(if Some(first) == last { 1 } else { 2 });
                set_series(&mut event, count, Some(first), last);
            }
            (None, None) => set_series(&mut event, column.unwrap_or(1), last, last),
        }
        Some(event)
    }

    fn pod(&self, cells: &[&str], line: u64, reading: &mut Reading<'_>) -> Option<()> {
        let name = self.cell(cells, "NAME")?;
        let status = self.cell(cells, "STATUS")?;
        let (ready, _) = self.cell(cells, "READY")?.split_once('/')?;
        ready.parse::<u32>().ok()?;
        let restarts = self.cell(cells, "RESTARTS").unwrap_or("");
        let (count, ago) = match restarts.split_once(" (") {
            Some((count, ago)) => (count, ago.strip_suffix(" ago)").and_then(quantity::age)),
            None => (restarts, None),
        };
        let subject = Subject {
            node: self.cell(cells, "NODE").map(str::to_owned),
            namespace: self.cell(cells, "NAMESPACE").map(str::to_owned),
            pod: Some(name.to_owned()),
            ..Subject::default()
        };
        reading.coverage.records += 1;
        reading.pods.push(PodState {
            subject,
            phase: Some(status.to_owned()),
            reason: (status == "Evicted").then(|| status.to_owned()),
            message: None,
            started: None,
            qos: None,
            grace: None,
            restarts: count.trim().parse().ok(),
            age: self.cell(cells, "AGE").and_then(quantity::age).map(rough),
            restarted: ago.map(rough),
            captured: None,
            locator: reading.line(line),
        });
        Some(())
    }

    /// `Ready`, `NotReady`, `Unknown`, each with `,SchedulingDisabled` behind it where the node is cordoned. The table shows
    /// one moment: what is ready in it may have been away before.
    fn node(&self, cells: &[&str], text: &str, line: u64, reading: &mut Reading<'_>) -> Option<()> {
        let name = self.cell(cells, "NAME")?;
        let ready = self.cell(cells, "STATUS")?.split(',').next()?;
        if !matches!(ready, "Ready" | "NotReady" | "Unknown") {
            return None;
        }
        if ready == "Ready" {
            reading.coverage.records += 1;
            return Some(());
        }
        let subject = Subject {
            node: Some(name.to_owned()),
            ..Subject::default()
        };
        let event = reading.event(What::NodeNotReady, subject, text, line);
        reading.push(event);
        Some(())
    }
}

fn set_object(subject: &mut Subject, kind: &str, name: &str) {
    // `pod/x`, `Pod/x`, and `pods.v1./x` of some collectors.
    match kind.to_ascii_lowercase().split('.').next() {
        Some("pod" | "pods") => subject.pod = Some(name.to_owned()),
        Some("node" | "nodes") => subject.node = Some(name.to_owned()),
        _ => {}
    }
}

/// `spec.containers{app}` or `spec.initContainers{app}`
pub(super) fn container_of_path(path: &str) -> Option<String> {
    let (_, rest) = path.split_once('{')?;
    let (name, _) = rest.split_once('}')?;
    Some(name.to_owned())
}

/// `56m (x5 over 58m)`: the age of the last, and count and age of the first.
fn series(text: &str) -> (Option<Age>, Option<(u64, Option<Age>)>) {
    match text.split_once(" (x") {
        Some((last, rest)) => {
            let rest = rest.trim_end_matches(')');
            let (count, first) = rest.split_once(" over ").unwrap_or((rest, ""));
            let count = count.parse().unwrap_or(1);
            (quantity::age(last), Some((count, quantity::age(first))))
        }
        None => (quantity::age(text), None),
    }
}

fn set_series(event: &mut Event, count: u64, first: Option<Age>, last: Option<Age>) {
    event.count = count.max(1);
    event.rough = first.or(last).map(rough);
    if event.count > 1 {
        event.rough_until = last.map(rough);
    }
}

fn rough(age: Age) -> Rough {
    Rough::Age(age.printed, age.printed.saturating_add(age.unit - 1))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::input::{Kind as SourceKind, Source};
    use crate::time::SECOND;

    fn rows(text: &str) -> Vec<Event> {
        let source = Source::of("t", text.as_bytes().to_vec(), SourceKind::Events);
        let mut reading = Reading::new(&source, "t");
        let mut lines = text.lines();
        let table = header(lines.next().unwrap()).unwrap();
        for line in lines {
            assert!(table.row(line, 2, &mut reading), "{line}");
        }
        reading.events
    }

    #[test]
    fn counted_events_keep_both_ages() {
        let events = rows(
            "LAST SEEN               TYPE      REASON      OBJECT       MESSAGE\n\
             3m30s (x256 over 58m)   Warning   BackOff     Pod/shop-0   Back-off restarting failed container app in pod x\n\
             49s                     Normal    Started     pod/shop-0   Started container app",
        );
        assert_eq!(events[0].count, 256);
        assert_eq!(events[0].what, What::BackOff);
        let minute = 60 * SECOND;
        assert_eq!(
            events[0].rough,
            Some(Rough::Age(58 * minute, 59 * minute - 1))
        );
        let last = Rough::Age(210 * SECOND, 211 * SECOND - 1);
        assert_eq!(events[0].rough_until, Some(last));
        assert_eq!(events[1].subject.pod.as_deref(), Some("shop-0"));
        assert_eq!(events[1].rough_until, None);
    }

    #[test]
    fn wide_tables_and_collapsed_white_space() {
        let events = rows(
            "NAMESPACE   LAST SEEN   TYPE      REASON      OBJECT       SUBOBJECT              SOURCE              MESSAGE                  FIRST SEEN   COUNT   NAME\n\
             prod        12m         Warning   Unhealthy   pod/shop-0   spec.containers{app}   kubelet, node-1     Liveness probe failed:   30m          7       shop-0.1",
        );
        assert_eq!(events[0].count, 7);
        assert_eq!(events[0].subject.container.as_deref(), Some("app"));
        assert_eq!(events[0].subject.node.as_deref(), Some("node-1"));
        let events = rows(
            "LAST SEEN   TYPE   REASON   OBJECT   MESSAGE\n5m (x3 over 8m) Warning BackOff pod/shop-0 Back-off restarting",
        );
        assert_eq!(events[0].count, 3);
        assert_eq!(events[0].detail, "BackOff: Back-off restarting");
    }
}
