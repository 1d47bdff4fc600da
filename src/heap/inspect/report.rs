//! What a closer look at one object or class found. Written as JSON and read back.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::heap::report::{ClassRow, PathStep};

/// A closer look into a heap dump.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Inspection {
    /// Name of the source inside the bundle.
    pub source: String,
    /// Bytes of all reachable objects: what shares are shares of.
    pub reachable_bytes: u64,
    /// Rows skipped at the beginning of every list.
    pub offset: u64,
    /// Most rows of every list.
    pub limit: u64,
    /// What was looked at.
    pub subject: Subject,
}

/// What was looked at.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Subject {
    /// `--object`
    Object(Box<ObjectView>),
    /// `--class`
    Class(Box<ClassView>),
    /// `--path`
    Paths(Box<PathsView>),
}

/// One page of a list.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Page<T> {
    /// Rows of the whole list.
    pub total: u64,
    /// Those of this page.
    pub rows: Vec<T>,
}

/// An object in one line.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectRow {
    /// The object, as `0x…`.
    pub object_id: String,
    /// Class; of a class object `class com.acme.Order`.
    pub class: String,
    /// Its own bytes.
    pub shallow_bytes: u64,
    /// What it retains; 0 for an unreachable object.
    pub retained_bytes: u64,
}

/// A field, static field or element.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct FieldRow {
    /// `name`, `[17]`, `static CACHE`.
    pub name: String,
    /// `int`, `object`, …
    pub kind: String,
    /// The class that declares it, when that is a superclass.
    pub declared_in: Option<String>,
    /// A number, `null`, or the text of a string when texts were asked for.
    pub value: Option<String>,
    /// What it refers to.
    pub object: Option<ObjectRow>,
}

/// Who refers to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ReferrerRow {
    /// How: `.head`, `[17]`, `static CACHE`, `<local variable>`, `.referent (weak)`.
    pub by: String,
    /// Who.
    pub object: ObjectRow,
}

/// One object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ObjectView {
    /// The object.
    pub object: ObjectRow,
    /// Whether a root reaches it.
    pub reachable: bool,
    /// What it retains, as a number of objects, itself included.
    pub retained_objects: u64,
    /// Class loader of its class, `None` for the boot loader.
    pub loader: Option<ObjectRow>,
    /// Kinds of root that it is itself.
    pub roots: Vec<String>,
    /// Elements of an array.
    pub length: Option<u64>,
    /// Elements of a collection, and their class where most have the same.
    pub elements: Option<(u64, Option<String>)>,
    /// The text of a string, when texts were asked for.
    pub text: Option<String>,
    /// Its fields, static fields or elements.
    pub fields: Page<FieldRow>,
    /// Who refers to it, most retained bytes first.
    pub referrers: Page<ReferrerRow>,
    /// What alone keeps it alive; `None` for an object that several roots or ways reach.
    pub dominator: Option<ObjectRow>,
    /// What it keeps alive at first hand, most retained bytes first.
    pub dominated: Page<ObjectRow>,
    /// Everything it keeps alive, by class.
    pub retained_classes: Page<ClassRow>,
    /// The shortest way from a root.
    pub path: Vec<PathStep>,
}

/// All classes of one name.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassView {
    /// The name.
    pub class: String,
    /// One for each class loader: the class object, with how many instances are reachable and what they take.
    pub versions: Vec<ClassVersion>,
    /// Superclasses, nearest first.
    pub superclasses: Vec<String>,
    /// Static fields of the first version.
    pub statics: Page<FieldRow>,
    /// Instances, most retained bytes first.
    pub instances: Page<ObjectRow>,
    /// Classes of the objects that alone keep instances alive: how many instances each keeps, most first.
    pub holders: Page<(String, u64)>,
    /// What all instances together retain, at least.
    pub retained_bytes: u64,
    /// That, by class.
    pub retained_classes: Page<ClassRow>,
}

/// A class of one class loader.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClassVersion {
    /// The class object, as `0x…`.
    pub object_id: String,
    /// Its loader, `None` for the boot loader.
    pub loader: Option<String>,
    /// Reachable instances.
    pub instances: u64,
    /// Unreachable instances.
    pub unreachable: u64,
    /// Own bytes of the reachable ones.
    pub shallow_bytes: u64,
}

/// The ways from the roots to an object.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct PathsView {
    /// The object.
    pub object: ObjectRow,
    /// One shortest way through each object that refers to it from outside, shortest first.
    pub paths: Page<Vec<PathStep>>,
    /// Objects that refer to it, but are kept alive by it alone or not at all.
    pub inside: u64,
}
