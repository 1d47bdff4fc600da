//! The contract: a versioned envelope around the result of a command. What `--format json` writes, `diag render` reads.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::access::AccessReport;
use crate::document::Document;
use crate::document::redact::{self, Profile, Redacted};
use crate::events::EventsReport;
use crate::finding::Finding;
use crate::gc::GcReport;
use crate::heap::{HeapReport, HistogramReport, Inspection};
use crate::host::HostReport;
use crate::incident::IncidentReport;
use crate::text::{Language, Locale};
use crate::threads::ThreadsReport;

/// Version of the JSON contract. Fields are only ever added; a change of meaning or a removal raises it.
pub const SCHEMA_VERSION: u32 = 1;

/// A saved report.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Envelope {
    /// [`SCHEMA_VERSION`] of the writer.
    pub schema_version: u32,
    /// Version of `diag` that wrote it.
    pub diag_version: String,
    /// IANA name of the zone in which sentences show times.
    pub zone: String,
    /// Language of the sentences.
    #[serde(default)]
    pub language: Language,
    /// How many secrets were removed before writing.
    pub redacted: u64,
    /// The result.
    pub report: Report,
}

/// The result of one command.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case", tag = "kind", content = "data")]
pub enum Report {
    /// `diag heap`
    Heap(Vec<HeapReport>),
    /// `diag heap` with class histograms
    HeapHistograms(HistogramReport),
    /// `diag heap inspect`
    HeapInspection(Box<Inspection>),
    /// `diag threads`
    Threads(ThreadsReport),
    /// `diag gc`
    Gc(GcReport),
    /// `diag access`
    Access(Box<AccessReport>),
    /// `diag events`
    Events(EventsReport),
    /// `diag host`
    Host(Box<HostReport>),
    /// `diag incident`
    Incident(Box<IncidentReport>),
}

impl Report {
    /// The report as blocks, one document a subject.
    pub fn documents(&self) -> Vec<Document> {
        match self {
            Self::Heap(reports) => reports.iter().map(HeapReport::document).collect(),
            Self::HeapHistograms(report) => vec![report.document()],
            Self::HeapInspection(look) => vec![look.document()],
            Self::Threads(report) => vec![report.document()],
            Self::Gc(report) => vec![report.document()],
            Self::Access(report) => vec![report.document()],
            Self::Events(report) => vec![report.document()],
            Self::Host(report) => vec![report.document()],
            Self::Incident(report) => vec![report.document()],
        }
    }

    /// Whether nothing of the evidence could be analysed; the report says why.
    pub fn is_unreadable(&self) -> bool {
        match self {
            Self::Heap(reports) => reports.iter().all(|report| report.object_count == 0),
            _ => false,
        }
    }

    /// The report without what `profile` does not allow, and what that was.
    fn redacted(self, profile: Profile) -> Result<(Self, Redacted), serde_json::Error> {
        // The content by itself: behind a tag that comes later all of it would be kept twice.
        fn clean<T: Serialize + DeserializeOwned>(
            data: T,
            profile: Profile,
        ) -> Result<(T, Redacted), serde_json::Error> {
            let mut value = serde_json::to_value(&data)?;
            let done = redact::value(&mut value, profile);
            match done.is_nothing() {
                true => Ok((data, done)),
                false => Ok((serde_json::from_value(value)?, done)),
            }
        }
        macro_rules! cleaned {
            ($($kind:ident),*) => {
                match self {
                    $(Self::$kind(data) => {
                        let (data, done) = clean(data, profile)?;
                        (Self::$kind(data), done)
                    })*
                }
            };
        }
        Ok(cleaned!(
            Heap,
            HeapHistograms,
            HeapInspection,
            Threads,
            Gc,
            Access,
            Events,
            Host,
            Incident
        ))
    }

    /// All findings.
    pub fn findings(&self) -> Vec<&Finding> {
        match self {
            Self::Heap(reports) => reports.iter().flat_map(|report| &report.findings).collect(),
            Self::HeapHistograms(report) => report.findings.iter().collect(),
            Self::HeapInspection(_) => Vec::new(),
            Self::Threads(report) => report.findings.iter().collect(),
            Self::Gc(report) => report.findings.iter().collect(),
            Self::Access(report) => report.findings.iter().collect(),
            Self::Events(report) => report.findings.iter().collect(),
            Self::Host(report) => report.findings.iter().collect(),
            Self::Incident(report) => report.findings.iter().collect(),
        }
    }
}

impl Envelope {
    /// Puts a finished report into its envelope and removes what `profile` does not allow. Every output is made from
    /// the envelope, so nothing leaves without passing here. Says beside it what was removed.
    pub fn seal(
        report: Report,
        zone: &str,
        profile: Profile,
    ) -> Result<(Self, Redacted), serde_json::Error> {
        let (report, redacted) = match profile {
            Profile::Off => (report, Redacted::default()),
            Profile::Ticket | Profile::Public => report.redacted(profile)?,
        };
        let envelope = Self {
            schema_version: SCHEMA_VERSION,
            diag_version: env!("CARGO_PKG_VERSION").to_owned(),
            zone: zone.to_owned(),
            language: Locale::current().language,
            redacted: redacted.removed,
            report,
        };
        Ok((envelope, redacted))
    }
}

/// The JSON Schema (draft 2020-12) of a saved report.
pub fn schema() -> Schema {
    let settings = SchemaSettings::draft2020_12().for_serialize();
    settings.into_generator().into_root_schema_for::<Envelope>()
}
