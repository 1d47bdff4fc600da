//! Envoy and Istio, default text formats. `START_TIME` is the arrival of the request, `DURATION` is in milliseconds.
//! Source: Envoy, "Access logging", default format string; Istio, "Envoy access logs".

use super::super::dialect::{Dialect, translate};
use super::{Family, Layout};
use crate::access::pattern::{Program, Shape};

pub(super) const FAMILY: Family = Family { propose };

const ENVOY: &str = "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" \
%RESPONSE_CODE% %RESPONSE_FLAGS% %BYTES_RECEIVED% %BYTES_SENT% %DURATION% \
%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \
\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\"";

const ISTIO: &str = "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\" \
%RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS% %CONNECTION_TERMINATION_DETAILS% \
\"%UPSTREAM_TRANSPORT_FAILURE_REASON%\" %BYTES_RECEIVED% %BYTES_SENT% %DURATION% \
%RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)% \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \
\"%REQ(X-REQUEST-ID)%\" \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW% \
%UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS% \
%REQUESTED_SERVER_NAME% %ROUTE_NAME%";

fn propose(lines: &[&[u8]]) -> Vec<Layout> {
    if !lines
        .iter()
        .any(|line| line.starts_with(b"[2") || line.starts_with(b"[1"))
    {
        return Vec::new();
    }
    [("Envoy default", ENVOY), ("Istio default", ISTIO)]
        .map(|(name, pattern)| {
            let neutral = translate(pattern, Dialect::Envoy);
            Layout {
                name: name.to_owned(),
                pattern: Some(pattern.to_owned()),
                unit: neutral.unit,
                stamp: neutral.stamp,
                shape: Shape::Pattern(Program::compile(&neutral.elements)),
            }
        })
        .into()
}
