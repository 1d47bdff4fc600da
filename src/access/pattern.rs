//! A line format compiled to field operations: find the end of a field, read it, expect the text that follows. No
//! regular expression runs over a line.

use super::digits;
use super::literal::Literal;
use super::request::{Field, Request, nanos};
use super::scalar::{self, At, Clock};
use super::scan;
use super::{DurationUnit, StampMeaning};

/// A part of a format before compilation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Element {
    /// Text as it stands.
    Text(Vec<u8>),
    /// A field.
    Field(Field),
}

/// A compiled format.
#[derive(Debug, Clone)]
pub(super) struct Program {
    lead: Literal,
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
struct Step {
    field: Field,
    end: End,
    /// Text expected after the field.
    literal: Literal,
    /// The text after it does not begin with a digit, so a number ends where its digits do.
    bare: bool,
    /// How the line goes on where this field and those behind it that are not needed are absent (`- - [`), and the number of the
    /// latter.
    absent: Option<(Literal, usize)>,
}

/// How the end of a field is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum End {
    /// At the first of this byte that begins the following literal.
    Byte(u8),
    /// At a quote that is not escaped and begins the following literal.
    Quote,
    /// At a space that does not continue a list (`a, b` or `a : b`, nginx).
    List,
    /// At the end of the line.
    Line,
}

/// What was expected where the line disagreed.
pub(super) type Expected = &'static str;

impl Program {
    /// Compiles `elements`. Of two fields without text between them the second is dropped: where the first one ends
    /// cannot be told.
    pub(super) fn compile(elements: &[Element]) -> Self {
        let mut lead = Vec::new();
        let mut steps: Vec<(Field, Vec<u8>)> = Vec::new();
        let mut adjacent = false;
        for element in elements {
            match element {
                Element::Text(text) => {
                    match steps.last_mut() {
                        Some((_, literal)) => literal.extend_from_slice(text),
                        None => lead.extend_from_slice(text),
                    }
                    adjacent = false;
                }
                Element::Field(_) if adjacent => {}
                Element::Field(field) => {
                    steps.push((*field, Vec::new()));
                    adjacent = true;
                }
            }
        }
        let compiled = |at: usize| {
            let (field, literal) = &steps[at];
            let end = match literal.first() {
                Some(b'"') => End::Quote,
                Some(b' ') if matches!(field, Field::Upstream | Field::Duration) => End::List,
                Some(byte) => End::Byte(*byte),
                None => End::Line,
            };
            Step {
                field: *field,
                end,
                bare: literal.first().is_some_and(|byte| !byte.is_ascii_digit()),
                literal: Literal::new(literal.clone()),
                absent: absent(&steps[at..]),
            }
        };
        Self {
            lead: Literal::new(lead),
            steps: (0..steps.len()).map(compiled).collect(),
        }
    }

    /// Whether the format has this field.
    pub(super) fn has(&self, field: Field) -> bool {
        self.steps.iter().any(|step| step.field == field)
    }

    /// Reads a line into `request`.
    #[inline]
    pub(super) fn run<'a>(
        &self,
        line: &'a [u8],
        clock: &mut Clock,
        unit: i64,
        request: &mut Request<'a>,
    ) -> Result<(), Expected> {
        if !self.lead.begins(line) {
            return Err("the beginning of the format");
        }
        let mut rest = &line[self.lead.text.len()..];
        let mut steps = self.steps.iter();
        while let Some(step) = steps.next() {
            if let Some((absent, more)) = &step.absent
                && absent.begins(rest)
            {
                rest = &rest[absent.text.len()..];
                for _ in 0..*more {
                    steps.next();
                }
                continue;
            }
            if let Some(after) = step.at_once(rest, clock, unit, request) {
                rest = after;
                continue;
            }
            let length = match step.end {
                End::Byte(byte) => until(rest, byte, &step.literal),
                End::Quote => unquoted(rest, &step.literal),
                End::List => list(rest, &step.literal),
                End::Line => Some(rest.len()),
            };
            let length = length.ok_or("the next field of the format")?;
            let text = &rest[..length];
            rest = &rest[length + step.literal.text.len()..];
            store(step.field, text, clock, unit, request)?;
        }
        match rest.trim_ascii_start().is_empty() {
            true => Ok(()),
            false => Err("the end of the line"),
        }
    }
}

impl Step {
    /// Reads a field that most lines have in its usual form without looking for its end first: a stamp, or a number with
    /// nothing but digits. Gives what follows the text behind it.
    #[inline]
    fn at_once<'a>(
        &self,
        rest: &'a [u8],
        clock: &Clock,
        unit: i64,
        request: &mut Request<'_>,
    ) -> Option<&'a [u8]> {
        match self.field {
            Field::TimeClf => {
                let at = clock.same(rest)?;
                let after = self.literal.strip(&rest[scalar::CLF..])?;
                (request.at, request.resolution, request.zoned) =
                    (at.micros, at.resolution, at.zoned);
                Some(after)
            }
            Field::Status if self.bare => {
                let (digits, after) = rest.split_first_chunk::<3>()?;
                let after = self.literal.strip(after)?;
                request.status = status(digits).ok()?;
                Some(after)
            }
            Field::Bytes if self.bare => {
                let (value, after) = digits::leading(rest)?;
                let after = self.literal.strip(after)?;
                request.bytes = value;
                Some(after)
            }
            Field::Duration if self.end == End::Line && request.duration.is_none() => {
                let value = digits::integer(rest).filter(|_| rest.len() <= 8)?;
                request.duration = Some(i64::try_from(value).ok()?.checked_mul(unit)? / 1000);
                Some(&[])
            }
            _ => None,
        }
    }
}

/// The text of a run of fields that are not needed when all of them are `-`, and the number of those after the first.
fn absent(steps: &[(Field, Vec<u8>)]) -> Option<(Literal, usize)> {
    let run: Vec<&Vec<u8>> = steps
        .iter()
        .take_while(|(field, literal)| {
            *field == Field::Skip && literal.first().is_some_and(|byte| *byte != b'-')
        })
        .map(|(_, literal)| literal)
        .collect();
    let text = run
        .iter()
        .flat_map(|literal| [b"-", literal.as_slice()])
        .collect::<Vec<_>>()
        .concat();
    Some((Literal::new(text), run.len().checked_sub(1)?))
}

#[inline]
fn until(text: &[u8], byte: u8, literal: &Literal) -> Option<usize> {
    let first = scan::first(byte, text)?;
    if literal.begins(&text[first..]) {
        return Some(first);
    }
    let mut from = first + 1;
    loop {
        let at = from + scan::first(byte, &text[from..])?;
        if literal.begins(&text[at..]) {
            return Some(at);
        }
        from = at + 1;
    }
}

#[inline]
fn unquoted(text: &[u8], literal: &Literal) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + scan::first(b'"', &text[from..])?;
        let escaped = at > 0 && text[at - 1] == b'\\' && {
            let before = text[..at].iter().rev();
            before.take_while(|byte| **byte == b'\\').count() % 2 == 1
        };
        if !escaped && literal.begins(&text[at..]) {
            return Some(at);
        }
        from = at + 1;
    }
}

fn list(text: &[u8], literal: &Literal) -> Option<usize> {
    let mut from = 0;
    loop {
        let at = from + memchr::memchr(b' ', &text[from..])?;
        let continues = at > 0 && (text[at - 1] == b',' || text[at - 1] == b':')
            || text[at..].starts_with(b" : ");
        if !continues && literal.begins(&text[at..]) {
            return Some(at);
        }
        from = at + 1;
    }
}

/// Reads the text of one field into the request.
#[inline(always)]
pub(super) fn store<'a>(
    field: Field,
    text: &'a [u8],
    clock: &mut Clock,
    unit: i64,
    request: &mut Request<'a>,
) -> Result<(), Expected> {
    match field {
        Field::Skip => {}
        Field::TimeClf => stamp(clock.clf(text), request)?,
        Field::TimeIso => stamp(clock.iso(text), request)?,
        Field::TimeEpoch => stamp(Clock::epoch(text), request)?,
        Field::TimeAscii => stamp(Clock::asctime(text), request)?,
        Field::TimeAny => stamp(any_time(clock, text), request)?,
        Field::Date => {
            let date = Clock::date(text).ok_or("a date as 2026-11-22")?;
            let time = if request.at == i64::MIN {
                0
            } else {
                request.at
            };
            request.at = date + time;
            request.zoned = true;
        }
        Field::TimeOfDay => {
            let (time, resolution) = Clock::time_of_day(text).ok_or("a time as 01:02:03")?;
            let date = if request.at == i64::MIN {
                0
            } else {
                request.at
            };
            request.at = date + time;
            request.resolution = resolution;
        }
        Field::RequestLine => split_request(text, request),
        Field::Method => request.method = plain(text),
        Field::Target => request.target = plain(text),
        Field::Status => request.status = status(text)?,
        Field::Bytes => request.bytes = scalar::count(text).ok_or("a number of bytes")?,
        Field::Duration => {
            if let Some(micros) = scalar::duration(text, unit).ok_or("a duration")? {
                request.duration = Some(request.duration.unwrap_or(0).saturating_add(micros));
            }
        }
        Field::Client => request.client = plain(text),
        Field::ClientPort => request.client = without_port(text),
        Field::Forwarded => {
            let first = text.split(|byte| *byte == b',').next().unwrap_or(text);
            if !plain(first).is_empty() {
                request.client = first.trim_ascii();
            }
        }
        Field::Agent => request.agent = plain(text),
        Field::Upstream => request.upstream = upstream(text),
        Field::Ending => request.aborted |= ended_by_client(text),
        Field::Connection => request.aborted |= text == b"X",
    }
    Ok(())
}

fn stamp(at: Option<At>, request: &mut Request<'_>) -> Result<(), Expected> {
    let at = at.ok_or("a time stamp")?;
    request.at = at.micros;
    request.resolution = at.resolution;
    request.zoned = at.zoned;
    Ok(())
}

fn any_time(clock: &mut Clock, text: &[u8]) -> Option<At> {
    let text = text.strip_prefix(b"[").unwrap_or(text);
    let text = text.strip_suffix(b"]").unwrap_or(text);
    match (text.get(2), text.get(4)) {
        (Some(b'/'), _) => clock.clf(text),
        (_, Some(b'-')) => clock.iso(text),
        _ => Clock::epoch(text),
    }
}

/// `-` means absent.
fn plain(text: &[u8]) -> &[u8] {
    match text {
        b"-" => b"",
        _ => text,
    }
}

fn without_port(text: &[u8]) -> &[u8] {
    match memchr::memrchr(b':', text) {
        Some(colon) => &text[..colon],
        None => plain(text),
    }
}

/// The last of a list: the server that gave the final answer.
fn upstream(text: &[u8]) -> &[u8] {
    let last = match memchr::memrchr2(b',', b' ', text) {
        Some(at) => &text[at + 1..],
        None => text,
    };
    plain(last)
}

#[inline]
fn status(text: &[u8]) -> Result<u16, Expected> {
    match *text {
        [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9'] => {
            Ok(u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0'))
        }
        [b'-'] | [b'0'] | [b'-', b'1'] | [b'0', b'0', b'0'] => Ok(0),
        _ => Err("a status code"),
    }
}

/// `GET /path HTTP/1.1`. Anything else (`-`, TLS bytes, an empty line) leaves method and target empty.
#[inline]
fn split_request<'a>(text: &'a [u8], request: &mut Request<'a>) {
    let Some(space) = scan::first(b' ', text) else {
        return;
    };
    if space == 0 || !text[..space].iter().all(u8::is_ascii_uppercase) {
        return;
    }
    request.method = &text[..space];
    let rest = &text[space + 1..];
    // `HTTP/1.1`, `HTTP/2.0` or `HTTP/2`; without one the whole rest is the target (HTTP/0.9).
    let end = match rest {
        [.., b' ', b'H', b'T', b'T', b'P', b'/', _, b'.', _] => rest.len() - 9,
        [.., b' ', b'H', b'T', b'T', b'P', b'/', _] => rest.len() - 7,
        _ => rest.len(),
    };
    request.target = &rest[..end];
}

/// HAProxy termination states that begin with `C`, Envoy flags `DC` and `DPE`-free lists.
fn ended_by_client(text: &[u8]) -> bool {
    match text.len() {
        4 => text[0] == b'C' || text[0] == b'c',
        _ => text.split(|byte| *byte == b',').any(|flag| flag == b"DC"),
    }
}

/// A format with everything needed to read a line of it.
#[derive(Debug, Clone)]
pub(super) struct Layout {
    /// Name for people.
    pub(super) name: String,
    /// The pattern in the server's own words, if there is one.
    pub(super) pattern: Option<String>,
    /// What is known of the unit of the duration.
    pub(super) unit: Option<DurationUnit>,
    /// What is known of the stamp.
    pub(super) stamp: Option<StampMeaning>,
    /// How a line is taken apart.
    pub(super) shape: Shape,
}

/// How a line is taken apart.
#[derive(Debug, Clone)]
pub(super) enum Shape {
    /// By position.
    Pattern(Program),
    /// By names: JSON or labelled tab-separated values.
    Keys(super::keys::Keys),
}

impl Layout {
    /// Reads one line. `unit` is used where the layout does not fix one.
    #[inline]
    pub(super) fn read<'a>(
        &self,
        line: &'a [u8],
        clock: &mut Clock,
        request: &mut Request<'a>,
    ) -> Result<(), Expected> {
        *request = Request::NONE;
        let unit = nanos(self.unit.unwrap_or(DurationUnit::Millis));
        match &self.shape {
            Shape::Pattern(program) => program.run(line, clock, unit, request)?,
            Shape::Keys(keys) => keys.run(line, clock, unit, request)?,
        }
        if request.at < EARLIEST || request.at > LATEST {
            return Err("a time stamp between 1990 and 2100");
        }
        if request.duration.is_some_and(|micros| micros > LONGEST) {
            request.duration = None;
        }
        Ok(())
    }

    /// Whether lines have a duration.
    pub(super) fn timed(&self) -> bool {
        self.has(Field::Duration)
    }

    /// Whether lines have this field.
    pub(super) fn has(&self, field: Field) -> bool {
        match &self.shape {
            Shape::Pattern(program) => program.has(field),
            Shape::Keys(keys) => keys.has(field),
        }
    }
}

/// 1990 and 2100: a stamp outside is damage, not time.
const EARLIEST: i64 = 631_152_000_000_000;
const LATEST: i64 = 4_102_444_800_000_000;
/// A week; longer durations are damage.
const LONGEST: i64 = 7 * 86_400_000_000;
