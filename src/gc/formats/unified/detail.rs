//! Lines around a pause that complete it: areas of the heap before its end, CPU time after it.

use super::pause::occupancy;
use crate::gc::event::{Area, Cpu, Event, UNKNOWN};
use crate::gc::formats::number;
use crate::gc::run::Run;

/// Areas seen since the last pause, kept until the pause they belong to ends.
#[derive(Debug, Default)]
pub(super) struct Areas {
    gc: u32,
    young: Area,
    old: Area,
    /// G1 counts regions: before and after.
    old_regions: Option<(u64, u64)>,
    humongous_regions: Option<(u64, u64)>,
    metaspace: Option<u64>,
}

impl Areas {
    /// Takes `Old regions: 56->64`, `PSYoungGen: 123K(456K)->0K(456K) …`, `Metaspace: …`; `false` when it is none.
    pub(super) fn read(&mut self, gc: u32, message: &[u8]) -> bool {
        let Some(colon) = memchr::memchr(b':', message) else {
            return false;
        };
        let value = message[colon + 1..].trim_ascii_start();
        let slot = match &message[..colon] {
            b"Old regions" | b"Humongous regions" => {
                let Some((area, _)) = occupancy(value) else {
                    return false;
                };
                self.begin(gc);
                let regions = Some((area.before, area.after));
                match message[0] {
                    b'O' => self.old_regions = regions,
                    _ => self.humongous_regions = regions,
                }
                return true;
            }
            b"Eden regions" | b"Survivor regions" | b"Archive regions" => return true,
            b"Metaspace" => {
                self.begin(gc);
                self.metaspace = metaspace(value);
                return true;
            }
            b"PSYoungGen" | b"DefNew" | b"ParNew" => 0,
            b"ParOldGen" | b"PSOldGen" | b"Tenured" | b"CMS" | b"Old" => 1,
            _ => return false,
        };
        self.begin(gc);
        let Some((mut area, used)) = occupancy(value) else {
            return false;
        };
        if area.capacity == UNKNOWN
            && let Some((capacity, _)) = value[used..].strip_prefix(b"(").and_then(number::size)
        {
            area.capacity = capacity;
        }
        match slot {
            0 => self.young = area,
            _ => self.old = area,
        }
        true
    }

    fn begin(&mut self, gc: u32) {
        if self.gc != gc {
            *self = Self {
                gc,
                ..Self::default()
            };
        }
    }

    /// Hands what was collected to the pause that just ended.
    pub(super) fn complete(&mut self, run: &mut Run, gc: u32) {
        if self.gc != gc {
            return;
        }
        let region = run.region;
        let Some(event) = run.events.last_mut() else {
            return;
        };
        event.young = self.young;
        event.old = self.old;
        if let Some(used) = self.metaspace {
            event.metaspace = used;
        }
        if let (Some(region), Some((before, after))) = (region, self.old_regions) {
            let humongous = self.humongous_regions.unwrap_or((0, 0));
            event.humongous = humongous.1.saturating_mul(region);
            let bytes = |old: u64, large: u64| old.saturating_add(large).saturating_mul(region);
            event.old = Area {
                before: bytes(before, humongous.0),
                after: bytes(after, humongous.1),
                capacity: UNKNOWN,
            };
        }
        // JDK 9 to 12 print the metaspace before the numbered details of the next pause: nothing is kept over.
        *self = Self {
            gc: u32::MAX,
            ..Self::default()
        };
    }
}

/// `311K(448K)->311K(448K) …`, `311K->311K(1056768K)`, `5M used, 6M committed, …`: bytes used after.
fn metaspace(value: &[u8]) -> Option<u64> {
    match occupancy(value) {
        Some((area, _)) => Some(area.after),
        None => number::size(value).map(|(size, _)| size),
    }
}

/// Takes `User=0.02s Sys=0.00s Real=0.05s` for the pause before it; `false` when it is none.
pub(super) fn cpu(run: &mut Run, gc: u32, message: &[u8]) -> bool {
    let Some(cpu) = cpu_times(message) else {
        return false;
    };
    let belongs = |event: &&mut Event| event.gc == gc && event.kind.stops_the_world();
    if let Some(event) = run.events.iter_mut().rev().take(8).find(belongs)
        && event.cpu.is_none()
    {
        event.cpu = Some(cpu);
    }
    true
}

fn cpu_times(text: &[u8]) -> Option<Cpu> {
    let rest = text.strip_prefix(b"User=")?;
    let (user, used) = number::decimal(rest, 6)?;
    let rest = rest[used..].strip_prefix(b"s Sys=")?;
    let (sys, used) = number::decimal(rest, 6)?;
    let rest = rest[used..].strip_prefix(b"s Real=")?;
    let (real, _) = number::decimal(rest, 6)?;
    Some(Cpu { user, sys, real })
}
