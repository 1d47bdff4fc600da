//! The same classes again and again, each time with a class loader of its own.

use std::collections::{BTreeMap, BTreeSet};

use super::Model;
use crate::finding::{Confidence, Evidence, Finding, Rule, RuleMeta, Severity};
use crate::heap::paths;
use crate::t;
use crate::text;

/// Fewest class loaders that define the same class.
const LOADERS: usize = 5;

pub(super) struct ClassLoaderLeak;

const META: RuleMeta = RuleMeta {
    id: "heap/class-loader-leak",
    title: "Class loaders of old versions stay alive",
    severity: Severity::Medium,
    means: "Redeploying an application, reloading a plug-in or compiling a script makes a new class loader. When something outside still refers to one object of the old one, the old loader stays with all its classes and static fields, in the heap and in Metaspace.",
    detected: "At least 5 class loaders of one class that each define a class of the same name. Hidden and generated classes do not count.",
    advice: "Follow the path to one of the old loaders: a thread that was not stopped, a ThreadLocal, a driver registered with DriverManager, an MBean, a shutdown hook or a cache outside of the application holds it.",
    false_positives: "A container that runs the same application several times, or plug-ins that bring their own copy of a library.",
    sources: &["Tomcat wiki: MemoryLeakProtection"],
};

impl Rule<Model<'_>> for ClassLoaderLeak {
    fn meta(&self) -> &'static RuleMeta {
        &META
    }

    fn check(&self, model: &Model<'_>) -> Vec<Finding> {
        let heap = model.heap;
        let mut loaders_of: BTreeMap<&str, BTreeSet<u32>> = BTreeMap::new();
        for (_, class) in heap.classes.iter() {
            let ordinary =
                !class.made_up && !class.name.contains("$$") && !class.name.contains('/');
            if ordinary
                && class.loader != 0
                && let Some(loader) = heap.ids.index(class.loader)
                && heap.tree.position(loader).is_some()
            {
                loaders_of.entry(&class.name).or_default().insert(loader);
            }
        }
        // Loaders by their own class, with the classes they have in common.
        let mut groups: BTreeMap<u32, (BTreeSet<u32>, Vec<&str>)> = BTreeMap::new();
        for (name, loaders) in loaders_of {
            let mut by_class: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            for loader in loaders {
                by_class
                    .entry(heap.class_number(loader))
                    .or_default()
                    .insert(loader);
            }
            for (class, same) in by_class {
                if same.len() >= LOADERS {
                    let group = groups.entry(class).or_default();
                    group.0.extend(same);
                    group.1.push(name);
                }
            }
        }
        groups
            .iter()
            .filter_map(|(class, (loaders, names))| finding(model, *class, loaders, names))
            .collect()
    }
}

fn finding(
    model: &Model<'_>,
    class: u32,
    loaders: &BTreeSet<u32>,
    names: &[&str],
) -> Option<Finding> {
    let heap = model.heap;
    let loader_class = &heap.classes.get(class).name;
    let all: Vec<u32> = loaders.iter().copied().collect();
    let retained = model.retained_together(&all);
    let first = all.first().copied()?;
    let count = text::count(loaders.len() as u64);
    let example = names.first()?;
    let mut finding = Finding::new(
        &META,
        t!(
            "{count} class loaders {loader_class} each define {example}",
            count,
            loader_class,
            example
        ),
    );
    finding.confidence = Confidence::Likely;
    finding.summary = t!(
        "Classes that exist in {count} versions: {classes}. Together the loaders retain {bytes} in the heap, and their classes take Metaspace besides.",
        classes = text::count(names.len() as u64),
        count,
        bytes = text::bytes(retained)
    );
    let path = paths::to(heap, heap.tree.position(first)?);
    let steps = paths::steps(heap, &path);
    let way: Vec<String> = steps
        .iter()
        .map(|step| format!("{} {}", step.by, step.class))
        .collect();
    let statement = t!("one of them is reached by: {way}", way = way.join(" → "));
    finding
        .evidence
        .push(Evidence::new(statement, model.object(first)));
    finding.advice.push(t!(
        "Cut the path to the old loaders at its first step outside of the application, when the application stops."
    ));
    Some(finding)
}
