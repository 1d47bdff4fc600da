//! Labelled tab-separated values (<http://ltsv.org>), by the usual labels.

use super::json::assign;
use super::{Family, Layout};
use crate::access::keys::{Keys, each_label};
use crate::access::pattern::Shape;

pub(super) const FAMILY: Family = Family { propose };

fn propose(lines: &[&[u8]]) -> Vec<Layout> {
    let labelled = lines
        .iter()
        .find(|line| line.contains(&b'\t') && line.contains(&b':'));
    labelled.and_then(|line| layout(line)).into_iter().collect()
}

fn layout(line: &[u8]) -> Option<Layout> {
    let mut pairs = Vec::new();
    each_label(line, &mut |(_, key, value)| {
        pairs.push((String::from_utf8_lossy(key).into_owned(), value.to_vec()));
        Ok(())
    })
    .ok()?;
    let (fields, unit) = assign(&pairs)?;
    Some(Layout {
        name: "LTSV".to_owned(),
        pattern: None,
        unit,
        stamp: None,
        shape: Shape::Keys(Keys::new(false, fields, line)),
    })
}
