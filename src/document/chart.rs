//! Charts as data. What a number looks like on a screen is the renderer's business.

use crate::finding::Severity;
use crate::time::Moment;

/// A picture made from data.
#[derive(Debug, Clone, PartialEq)]
pub enum Chart {
    /// Lanes over one shared time axis.
    Timeline(Timeline),
    /// Who lived when: lives of a JVM, what each file covers.
    Spans(Spans),
    /// Named quantities compared.
    Bars(Bars),
    /// y over x, both numbers: the MMU curve.
    Curve(Curve),
    /// Density over time and value: the response-time map.
    HeatMap(HeatMap),
    /// Nested shares: flame graph of stacks, icicle of dominators.
    Flame(Flame),
}

impl Chart {
    /// What it shows.
    pub fn title(&self) -> &str {
        match self {
            Self::Timeline(chart) => &chart.title,
            Self::Spans(chart) => &chart.title,
            Self::Bars(chart) => &chart.title,
            Self::Curve(chart) => &chart.title,
            Self::HeatMap(chart) => &chart.title,
            Self::Flame(chart) => &chart.title,
        }
    }
}

/// What a number means, so that a renderer can write it for people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unit {
    /// Plain count.
    Count,
    /// Bytes.
    Bytes,
    /// Microseconds.
    Micros,
    /// A share, 0 to 1.
    Share,
    /// Events per second.
    PerSecond,
}

/// What the horizontal axis of a timeline counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Axis {
    /// Microseconds since 1970 in UTC.
    Wall,
    /// Microseconds since the start of the JVM.
    Uptime,
}

/// Lanes over one shared time axis. Times are microseconds on `axis`.
#[derive(Debug, Clone, PartialEq)]
pub struct Timeline {
    /// What it shows.
    pub title: String,
    /// What the times count.
    pub axis: Axis,
    /// Left end.
    pub from: i64,
    /// Right end.
    pub to: i64,
    /// From top to bottom.
    pub lanes: Vec<Lane>,
    /// Lines through all lanes: restarts, kills, dumps.
    pub markers: Vec<Marker>,
    /// Stretches behind all lanes: a death spiral, a silence.
    pub bands: Vec<Band>,
}

/// A strip of a timeline with its own vertical scale, starting at zero.
#[derive(Debug, Clone, PartialEq)]
pub struct Lane {
    /// What it shows.
    pub title: String,
    /// What its numbers mean.
    pub unit: Unit,
    /// Drawn in order, the first at the back.
    pub series: Vec<Series>,
}

/// One sequence of values over time, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Its name in the legend.
    pub name: String,
    /// How it is drawn.
    pub mark: Mark,
    /// Time and value. A NaN value breaks a line.
    pub points: Vec<(i64, f64)>,
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mark {
    /// Straight lines between the points.
    Line,
    /// Horizontal until the next point.
    Steps,
    /// Filled down to zero.
    Area,
    /// One dot a point.
    Dots,
    /// One vertical bar a point: pauses.
    Sticks,
}

/// Something that happened once.
#[derive(Debug, Clone, PartialEq)]
pub struct Marker {
    /// When, as an interval on the axis of the timeline (for uptime, microseconds in the same fields).
    pub at: Moment,
    /// A few words.
    pub label: String,
    /// Sets colour and shape.
    pub severity: Severity,
}

/// Something that held for a while.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Its beginning on the axis.
    pub from: i64,
    /// Its end on the axis.
    pub to: i64,
    /// A few words.
    pub label: String,
    /// Sets colour.
    pub severity: Severity,
}

/// Stretches of time on one row each. With the same `from` and `to` it lines up with a [`Timeline`] above or below it.
#[derive(Debug, Clone, PartialEq)]
pub struct Spans {
    /// What it shows.
    pub title: String,
    /// What the times count.
    pub axis: Axis,
    /// Left end.
    pub from: i64,
    /// Right end.
    pub to: i64,
    /// From top to bottom.
    pub rows: Vec<SpanRow>,
    /// Lines through all rows: restarts, kills, dumps.
    pub markers: Vec<Marker>,
}

/// One row of [`Spans`].
#[derive(Debug, Clone, PartialEq)]
pub struct SpanRow {
    /// Its name: a life, a file.
    pub label: String,
    /// What held when; the label of a band is written into it where there is room.
    pub bands: Vec<Band>,
}

/// Named quantities compared, in the order to be shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Bars {
    /// What it shows.
    pub title: String,
    /// What the values mean.
    pub unit: Unit,
    /// The bars.
    pub bars: Vec<Bar>,
}

/// One bar, of one or several stacked parts.
#[derive(Debug, Clone, PartialEq)]
pub struct Bar {
    /// Its name.
    pub label: String,
    /// Name and value of each part.
    pub parts: Vec<(String, f64)>,
}

/// y over x.
#[derive(Debug, Clone, PartialEq)]
pub struct Curve {
    /// What it shows.
    pub title: String,
    /// Name and unit of the horizontal axis, and whether it is logarithmic.
    pub x: (String, Unit, bool),
    /// Name and unit of the vertical axis.
    pub y: (String, Unit),
    /// Name and points of each line, in order of x.
    pub lines: Vec<(String, Vec<(f64, f64)>)>,
}

/// Density over time and value, logarithmic in value.
#[derive(Debug, Clone, PartialEq)]
pub struct HeatMap {
    /// What it shows.
    pub title: String,
    /// Ends of the axis in microseconds since 1970, to line up with a [`Timeline`]; else the columns are the axis.
    pub axis: Option<(i64, i64)>,
    /// Left edge of the first column in microseconds since 1970.
    pub from: i64,
    /// Width of a column in microseconds.
    pub column: i64,
    /// Lower edges of the rows in microseconds, ascending; the last row is open above.
    pub rows: Vec<i64>,
    /// Column, row, requests, of which failed. Empty cells are absent.
    pub cells: Vec<(u32, u32, u64, u64)>,
}

/// Nested shares, largest first.
#[derive(Debug, Clone, PartialEq)]
pub struct Flame {
    /// What it shows.
    pub title: String,
    /// What the values mean.
    pub unit: Unit,
    /// Name of the frame, its value (own and nested together) and what is inside.
    pub name: String,
    /// Value of this frame, that of its children included.
    pub value: f64,
    /// What is inside.
    pub children: Vec<Self>,
}

impl Flame {
    /// The frames nested by their depths, each after the frame that it is in; `None` without frames.
    pub fn nested(frames: impl IntoIterator<Item = (usize, Self)>) -> Option<Self> {
        let mut open: Vec<Self> = Vec::new();
        let close = |open: &mut Vec<Self>, depth: usize| {
            while open.len() > depth.max(1) {
                if let Some(done) = open.pop()
                    && let Some(around) = open.last_mut()
                {
                    around.children.push(done);
                }
            }
        };
        for (depth, frame) in frames {
            close(&mut open, depth);
            open.push(frame);
        }
        close(&mut open, 1);
        open.pop()
    }
}
