//! Web applications that Tomcat has stopped and that stay in memory.

use super::Model;
use crate::finding::{Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::model::{Edge, Heap};
use crate::heap::{paths, threads};
use crate::t;
use crate::text;

/// Longest name of an application or a state that is shown.
const NAME: usize = 100;
/// Holders that are named of one application.
const HOLDERS: usize = 5;
/// Applications whose holders are named.
const SHOWN: usize = 3;

pub(super) struct StoppedApplication;

const META: RuleMeta = RuleMeta {
    id: "heap/stopped-application",
    title: "A stopped web application stays in memory",
    severity: Severity::High,
    means: "Tomcat has stopped or undeployed the application, yet something outside of it still refers to one of its objects. So its class loader stays with all classes and static fields, in the heap and in Metaspace, once more with each redeployment.",
    detected: "A reachable WebappClassLoaderBase of Tomcat whose state is STOPPED, DESTROYED or FAILED.",
    advice: "End in ServletContextListener.contextDestroyed what the application began: stop its threads and pools, remove() its ThreadLocals, deregister its JDBC drivers, MBeans and shutdown hooks.",
    false_positives: "A dump taken while the application was just being stopped.",
    sources: &[
        "Tomcat WebappClassLoaderBase.state, LifecycleState",
        "Tomcat wiki: MemoryLeakProtection",
    ],
};

impl Rule<Model<'_>> for StoppedApplication {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let loaders = model.instances(&["org.apache.catalina.loader.WebappClassLoaderBase"]);
        let stopped: Vec<(u32, String)> = loaders
            .into_iter()
            .filter_map(|loader| {
                let state = heap.reference(heap.reference(loader, "state")?, "name")?;
                let state = heap.text(state, NAME)?;
                let ended = ["STOPPED", "DESTROYED", "FAILED"].contains(&state.as_str());
                ended.then_some((loader, state))
            })
            .collect();
        match stopped.is_empty() {
            true => Vec::new(),
            false => vec![finding(model, &stopped)],
        }
    }
}

fn finding(model: &Model<'_>, stopped: &[(u32, String)]) -> Finding {
    let heap = model.heap;
    let loaders: Vec<u32> = stopped.iter().map(|(loader, _)| *loader).collect();
    let count = text::count(loaders.len() as u64);
    let classes = heap.classes.iter().filter(|(_, class)| {
        let loader = heap.ids.index(class.loader);
        loader.is_some_and(|loader| loaders.contains(&loader))
    });
    let mut finding = Finding::new(
        &META,
        t!(
            "Stopped web applications still in memory: {count}, with {classes} classes",
            count,
            classes = text::count(classes.count() as u64)
        ),
    );
    finding.summary = t!(
        "Their class loaders retain {bytes} in the heap, and their classes Metaspace besides. Each further redeployment adds as much.",
        bytes = text::bytes(model.retained_together(&loaders))
    );
    for (loader, state) in stopped.iter().take(SHOWN) {
        let subject = match application(heap, *loader) {
            Some(name) => t!("the class loader of {name}", name),
            None => heap.name_of(*loader),
        };
        let held = holders(model, *loader);
        let by = match held.is_empty() {
            true => paths::holder(heap, *loader),
            false => held.join("; "),
        };
        let statement = t!(
            "{subject}, in state {state}, is held by {by}",
            subject,
            state,
            by
        );
        finding
            .evidence
            .push(Evidence::new(statement, model.object(*loader)));
    }
    finding.advice.push(t!(
        "Cut these references in ServletContextListener.contextDestroyed: stop the threads, remove() the ThreadLocals, deregister drivers, MBeans and shutdown hooks."
    ));
    finding
}

/// The name of the context that a loader was made for, while the loader still knows it.
fn application(heap: &Heap<'_>, loader: u32) -> Option<String> {
    let context = heap.reference(heap.reference(loader, "resources")?, "context")?;
    let name = heap.text(heap.reference(context, "name")?, NAME)?;
    (!name.is_empty()).then_some(name)
}

/// What holds a loader by the ways that servers see most: threads and their `ThreadLocal` values.
fn holders(model: &Model<'_>, loader: u32) -> Vec<String> {
    let heap = model.heap;
    let of_loader = |index: u32| {
        let number = *heap
            .class_objects
            .get(&index)
            .unwrap_or(&heap.class_number(index));
        heap.ids.index(heap.classes.get(number).loader) == Some(loader)
    };
    let mut holders = Vec::new();
    for thread in model.instances(&["java.lang.Thread"]) {
        let name = threads::name(heap, thread).unwrap_or_default();
        if heap.reference(thread, "contextClassLoader") == Some(loader) {
            holders.push(t!(
                "thread \"{name}\", whose context class loader it is",
                name
            ));
        }
        for threads::LocalValue { value, .. } in threads::local_values(heap, thread) {
            if value == loader || of_loader(value) {
                let class = heap.name_of(value);
                holders.push(t!(
                    "a ThreadLocal value of class {class} in thread \"{name}\"",
                    class,
                    name
                ));
            }
        }
    }
    for (class, field, what) in registries() {
        for number in heap.classes.named(class) {
            let Some(registry) = heap.static_reference(*number, field) else {
                continue;
            };
            let mut found = false;
            for_each_below(heap, registry, |index| found |= of_loader(index));
            if found {
                holders.push(what.clone());
            }
        }
    }
    holders.truncate(HOLDERS);
    holders
}

/// Lists of the JDK in which an application registers objects of its own.
fn registries() -> [(&'static str, &'static str, String); 3] {
    [
        (
            "java.sql.DriverManager",
            "registeredDrivers",
            t!("a JDBC driver registered with DriverManager"),
        ),
        (
            "java.lang.ApplicationShutdownHooks",
            "hooks",
            t!("a shutdown hook"),
        ),
        (
            "java.util.logging.Level$KnownLevel",
            "nameToLevels",
            t!("a level of java.util.logging"),
        ),
    ]
}

/// Most objects of a registry that are looked at.
const REGISTERED: usize = 10_000;

/// The objects within four references of a registry: its table, entries, values and what those wrap.
fn for_each_below(heap: &Heap<'_>, registry: u32, mut each: impl FnMut(u32)) {
    let mut level = vec![registry];
    let mut left = REGISTERED;
    for _ in 0..4 {
        let mut next = Vec::new();
        for index in level {
            heap.references(index, |edge, target| {
                if left > 0 && !matches!(edge, Edge::Loader | Edge::Superclass) {
                    left -= 1;
                    each(target);
                    next.push(target);
                }
            });
        }
        level = next;
    }
}
