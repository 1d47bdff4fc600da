//! Elastic load balancers of AWS. The stamp of a line is the end of the response; the three processing times are added
//! up, −1 means that the target never got the request.
//! Source: AWS, "Access logs for your Application Load Balancer" and "… Classic Load Balancer".

use super::{Family, Layout, elements, fixed};
use crate::access::{DurationUnit, StampMeaning};

pub(super) const FAMILY: Family = Family { propose };

const ALB: &str = "{-} {iso} {-} {client:port} {upstream} {took} {took} {took} {status} {-} {-} {bytes} \"{request}\" \"{agent}\" {-}";
const ELB: &str = "{iso} {-} {client:port} {upstream} {took} {took} {took} {status} {-} {-} {bytes} \"{request}\" \"{agent}\" {-}";
const ELB_OLD: &str = "{iso} {-} {client:port} {upstream} {took} {took} {took} {status} {-} {-} {bytes} \"{request}\"";

fn propose(lines: &[&[u8]]) -> Vec<Layout> {
    let stamped = |line: &&[u8]| line.iter().take(32).any(|byte| *byte == b'T');
    if !lines.iter().any(stamped) {
        return Vec::new();
    }
    [
        ("AWS ALB", ALB),
        ("AWS classic ELB", ELB),
        ("AWS classic ELB", ELB_OLD),
    ]
    .map(|(name, notation)| {
        let parts = elements(notation);
        fixed(
            name,
            &parts,
            Some(DurationUnit::Seconds),
            Some(StampMeaning::End),
        )
    })
    .into()
}
