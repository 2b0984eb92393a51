//! Names of headers that a webhook may not set, because Hachok, HTTP or an intermediary sets them.

use super::sent_name::as_sent;
use crate::domain::problem::Problem;

/// Headers that Hachok sends itself, or that frame the HTTP message.
const AUTOMATIC: [&str; 12] = [
    "host",
    "transfer-encoding",
    "connection",
    "keep-alive",
    "te",
    "trailer",
    "upgrade",
    "expect",
    "accept-encoding",
    "user-agent",
    "date",
    "authorization",
];
/// Prefixes of such headers.
const AUTOMATIC_PREFIXES: [&str; 3] = ["content-", "webhook-", "x-hachok-"];

/// Headers that browsers, proxies, load balancers and CDNs set, and that servers trust: the client's address, the
/// original URL, host and method, the file to send, hop limits. `proxy` becomes `HTTP_PROXY` in CGI (CVE-2016-5385);
/// `x-middleware-subrequest` skips the middleware of Next.js (CVE-2025-29927). Some vendors have headers that a webhook
/// may need (`CF-Access-Client-Id`, `X-Vercel-Protection-Bypass`); of theirs, only the forgeable ones are listed.
const FOREIGN: [&str; 59] = [
    "ali-cdn-real-ip",
    "alt-used",
    "cdn-loop",
    "cdn-src-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "cf-ipcountry",
    "cf-pseudo-ipv4",
    "cf-ray",
    "cf-visitor",
    "cf-worker",
    "client-ip",
    "cookie",
    "do-connecting-ip",
    "early-data",
    "fastly-client",
    "fastly-client-ip",
    "fastly-ff",
    "fastly-ssl",
    "fly-client-ip",
    "front-end-https",
    "http-client-ip",
    "http2-settings",
    "incap-client-ip",
    "max-forwards",
    "proxy",
    "remote-addr",
    "true-client-ip",
    "via",
    "wl-proxy-client-ip",
    "x-backend-host",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-coming-from",
    "x-host",
    "x-host-override",
    "x-method-override",
    "x-nf-client-connection-ip",
    "x-original-forwarded-for",
    "x-original-host",
    "x-original-method",
    "x-original-path",
    "x-original-prefix",
    "x-original-proto",
    "x-original-remote-addr",
    "x-original-scheme",
    "x-original-uri",
    "x-original-url",
    "x-originating-ip",
    "x-override-url",
    "x-remote-addr",
    "x-remote-host",
    "x-remote-ip",
    "x-request-uri",
    "x-scheme",
    "x-sucuri-clientip",
    "x-url-scheme",
    "x-vercel-forwarded-for",
    "x-vercel-proxied-for",
];
/// Prefixes of such headers. Those of clouds would open metadata services that are protected by a header.
const FOREIGN_PREFIXES: [&str; 27] = [
    "cloudfront-",
    "cookie2",
    "forwarded",
    "metadata",
    "proxy-",
    "sec-",
    "set-cookie",
    "wl-proxy-",
    "x-accel-",
    "x-amz-",
    "x-amzn-oidc-",
    "x-appengine-",
    "x-arr-",
    "x-aws-",
    "x-azure-",
    "x-envoy-",
    "x-forward",
    "x-goog-",
    "x-google-",
    "x-http-",
    "x-lighttpd-",
    "x-middleware-",
    "x-proxy",
    "x-real-",
    "x-reproxy-",
    "x-rewrite-",
    "x-sendfile",
];

/// Why a header must not be set; `None` if it may be.
pub(super) fn refusal(name: &str) -> Option<Problem> {
    let folded = folded(name);
    let is_in = |names: &[&str], prefixes: &[&str]| {
        names.contains(&folded.as_str()) || prefixes.iter().any(|prefix| folded.starts_with(prefix))
    };
    let (automatic, foreign) = (is_in(&AUTOMATIC, &AUTOMATIC_PREFIXES), is_in(&FOREIGN, &FOREIGN_PREFIXES));
    if !automatic && !foreign {
        return None;
    }
    let name = name.to_owned();
    Some(if !name.eq_ignore_ascii_case(&folded) {
        Problem::HeaderNameReadAs { name, read_as: as_sent(&folded) }
    } else if automatic {
        Problem::HeaderNameReserved { name }
    } else {
        Problem::HeaderNameForeign { name }
    })
}

/// The name as many servers compare it: CGI and its successors (WSGI, Rack, PHP) turn `-` into `_` (RFC 3875 §4.1.18),
/// and some turn every other character into `_` as well, so that they read `content_length` and `content.length` as
/// `content-length`.
fn folded(name: &str) -> String {
    let sign = |sign: char| if sign.is_ascii_alphanumeric() { sign.to_ascii_lowercase() } else { '-' };
    name.chars().map(sign).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::webhooks::header::name::HeaderName;

    #[test]
    fn names_that_hachok_or_http_sets_are_refused() {
        for name in [
            "Host",
            "Content-Length",
            "content-type",
            "Transfer-Encoding",
            "Connection",
            "Keep-Alive",
            "TE",
            "Trailer",
            "Upgrade",
            "Expect",
            "Accept-Encoding",
            "User-Agent",
            "Date",
            "webhook-id",
            "X-Hachok-Event",
        ] {
            let refused = Err(Problem::HeaderNameReserved { name: name.into() });
            assert_eq!(HeaderName::parse_extra(name), refused);
            assert_eq!(HeaderName::parse_custom(name), refused);
        }
    }

    #[test]
    fn names_that_proxies_and_servers_trust_are_refused() {
        for name in [
            "Proxy-Authorization",
            "Proxy",
            "Via",
            "Forwarded",
            "Forwarded-For",
            "X-Forwarded",
            "X-Forwarded-For",
            "X-Forward-For",
            "Cookie",
            "Sec-Fetch-Site",
            "Metadata-Flavor",
            "Metadata",
            "X-aws-ec2-metadata-token",
            "X-Amz-Date",
            "X-Amzn-Oidc-Identity",
            "X-Goog-Api",
            "X-Google-Metadata-Request",
            "X-Azure-Ref",
            "X-Real-IP",
            "X-Real-Port",
            "True-Client-IP",
            "CF-Connecting-IP",
            "X-Client-IP",
            "X-Cluster-Client-IP",
            "Fastly-Client-IP",
            "X-Original-URL",
            "X-Original-Host",
            "X-Rewrite-URL",
            "X-HTTP-Method-Override",
            "X-HTTP-Method",
            "X-HTTP-Host-Override",
            "X-Method-Override",
            "Early-Data",
            "X-Accel-Redirect",
            "X-Accel-Buffering",
            "X-Sendfile",
            "X-Sendfile-Type",
            "X-LIGHTTPD-send-file",
            "X-Envoy-Internal",
            "X-Middleware-Subrequest",
            "CloudFront-Viewer-Address",
            "CDN-Loop",
            "Max-Forwards",
            "WL-Proxy-Client-IP",
        ] {
            let refused = Err(Problem::HeaderNameForeign { name: name.into() });
            assert_eq!(HeaderName::parse_extra(name), refused);
            assert_eq!(HeaderName::parse_custom(name), refused);
        }
    }

    #[test]
    fn a_name_that_servers_read_as_a_refused_one_is_refused() {
        for (name, read_as) in [
            ("content_length", "Content-Length"),
            ("Transfer_Encoding", "Transfer-Encoding"),
            ("x_forwarded_for", "X-Forwarded-For"),
            ("X-Forwarded_For", "X-Forwarded-For"),
            ("webhook_id", "Webhook-Id"),
            ("webhook.id", "Webhook-Id"),
            ("X_HACHOK_EVENT", "X-Hachok-Event"),
            ("x~real~ip", "X-Real-Ip"),
            ("user_agent", "User-Agent"),
        ] {
            let refused = Err(Problem::HeaderNameReadAs { name: name.into(), read_as: read_as.into() });
            assert_eq!(HeaderName::parse_extra(name), refused);
            assert_eq!(HeaderName::parse_custom(name), refused);
        }
    }

    #[test]
    fn names_that_receivers_use_are_accepted() {
        for name in [
            "X-Api-Key",
            "x-tenant",
            "X_Y.Z",
            "Accept",
            "Idempotency-Key",
            "X-Request-Id",
            "CF-Access-Client-Id",
            "CF-Access-Client-Secret",
            "X-Vercel-Protection-Bypass",
            "X-Original-Sender",
            "X-Client-Id",
            "X-Host-Name",
            "Api_Access_Token",
            "Ocp-Apim-Subscription-Key",
        ] {
            assert!(HeaderName::parse_extra(name).is_ok(), "{name}");
        }
    }
}
