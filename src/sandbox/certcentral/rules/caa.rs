//! CAA records: whom they allow to issue.

/// The issuers whose name in a CAA record means this service. The real list is longer.
const ISSUERS: [&str; 3] = ["digicert.com", "www.digicert.com", "digicert.ne.jp"];

/// The issuer and the account of a CAA record's value.
fn parts(record: &str) -> (&str, Option<&str>) {
    let (issuer, parameters) = record.split_once(';').unwrap_or((record, ""));
    let account = parameters.split([';', ' ']).find_map(|parameter| parameter.trim().strip_prefix("account="));
    (issuer.trim(), account)
}

/// Whether records allow an account of this service to issue; none allow everybody.
pub(crate) fn allow(records: &[String], account_token: &str) -> bool {
    records.is_empty()
        || records.iter().any(|record| {
            let (issuer, account) = parts(record);
            ISSUERS.contains(&issuer) && account.is_none_or(|account| account == account_token)
        })
}

/// Whether one of the records names an account of this service.
pub(crate) fn name(records: &[String], account_token: &str) -> bool {
    records.iter().any(|record| {
        let (issuer, account) = parts(record);
        ISSUERS.contains(&issuer) && account == Some(account_token)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records() {
        for (record, issuer, account) in [
            ("digicert.com", "digicert.com", None),
            ("digicert.com; account=t0k", "digicert.com", Some("t0k")),
            ("digicert.com;validationmethods=dns-01; account=t0k", "digicert.com", Some("t0k")),
            (";", "", None),
        ] {
            assert_eq!(parts(record), (issuer, account), "{record}");
        }
    }
}
