//! Whom the identifier of a container means: a runtime logs it alone, the kubelet and the states of pods say whose it is.

use std::collections::BTreeMap;

use super::event::{Event, Subject};
use super::state::ContainerState;

/// Gives every event that tells only an identifier the pod and the name that other sources tell of it.
pub(super) fn complete(events: &mut [Event], containers: &[ContainerState]) {
    let mut known: BTreeMap<String, Subject> = BTreeMap::new();
    let states = containers.iter().map(|container| &container.subject);
    for subject in states.chain(events.iter().map(|event| &event.subject)) {
        if let (Some(id), Some(_), Some(_)) =
            (&subject.container_id, &subject.pod, &subject.container)
        {
            known.entry(id.clone()).or_insert_with(|| subject.clone());
        }
    }
    for event in events {
        let id = event.subject.container_id.as_ref();
        let Some(whole) = id.and_then(|id| known.get(id)) else {
            continue;
        };
        let subject = &mut event.subject;
        let fill = |part: &mut Option<String>, from: &Option<String>| {
            if part.is_none() {
                part.clone_from(from);
            }
        };
        fill(&mut subject.namespace, &whole.namespace);
        fill(&mut subject.pod, &whole.pod);
        fill(&mut subject.uid, &whole.uid);
        fill(&mut subject.container, &whole.container);
    }
}
