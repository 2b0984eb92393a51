//! Which addresses requests may go to.

use ipnet::IpNet;

/// What the operator allows, beside the rules that hold everywhere.
#[derive(Clone, Debug, Default)]
pub struct AddressPolicy {
    allow: Vec<IpNet>,
    deny: Vec<IpNet>,
    allow_http: bool,
    own: Option<(String, u16)>,
}
