//! What the log hides: credentials, secrets and personal data.

use serde_json::Value;

/// The replacement for a hidden value.
pub(super) const HIDDEN: &str = "(hidden)";

/// The members of CertCentral that are secret or about a person.
const HIDDEN_OF_CERTCENTRAL: &[&str] = &[
    "acme_directory_url",
    "additional_emails",
    "admin_email",
    "api_key",
    "ekey",
    "ext_act_hmac",
    "ext_act_kid",
    "email",
    "emails",
    "first_name",
    "firstname",
    "hmac_key",
    "job_title",
    "key",
    "last_name",
    "lastname",
    "password",
    "rep_email",
    "rep_name",
    "rep_phone",
    "secret",
    "telephone",
    "telephone_extension",
    "username",
    "verified_contacts",
];

/// By these an object is known to be about a person, whose `name` is hidden too.
const PERSONAL: &[&str] = &["first_name", "firstname", "last_name", "lastname"];

/// The members of PocketSign Verify that say nothing of anybody, without case and underscores. All others are hidden: most of what the
/// service is sent and sends is about a person, and a misspelt member may be.
const SHOWN_OF_POCKETSIGN: &[&str] = &[
    "@type",
    "certificateid",
    "certificateids",
    "certificatestate",
    "certificatestatusid",
    "certificatetype",
    "certificatetypes",
    "checkmethod",
    "checkpurpose",
    "code",
    "constraintid",
    "createdat",
    "createdsince",
    "createduntil",
    "domain",
    "fieldname",
    "fieldpath",
    "fieldtype",
    "hashalgorithm",
    "id",
    "identifyuser",
    "limit",
    "message",
    "nextpagetoken",
    "notafter",
    "notbefore",
    "offset",
    "pagesize",
    "pagetoken",
    "reason",
    "result",
    "revocationreason",
    "revokedat",
    "ruleid",
    "sourceupdatedat",
    "status",
    "statuscheckmethod",
    "total",
    "totalsize",
    "type",
    "userid",
    "userids",
    "verificationid",
];

/// Longer than any id, word or message of PocketSign Verify: what is longer under such a name is something else.
const LONGEST_SHOWN: usize = 200;

/// Whose words a body is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    CertCentral,
    PocketSign,
}

impl Service {
    /// Hides what a body must not show.
    pub(super) fn redact(self, body: &mut Value) {
        self.walk("", body, None);
    }

    /// A query with its secrets hidden.
    pub(super) fn redact_query(self, query: &str) -> String {
        let shown = form_urlencoded::parse(query.as_bytes()).map(|(name, value)| {
            // Of `filters[email][0]` the last word counts.
            let member =
                name.split(['[', ']']).rfind(|part| part.bytes().any(|byte| byte.is_ascii_alphabetic())).unwrap_or(&name).to_owned();
            let mut value = Value::from(value.into_owned());
            // The `message` of a GET is the whole request.
            if self == Self::PocketSign && member == "message" {
                value = HIDDEN.into();
            }
            self.walk(&member, &mut value, None);
            (name.into_owned(), value.as_str().unwrap_or_default().to_owned())
        });
        form_urlencoded::Serializer::new(String::new()).extend_pairs(shown).finish()
    }

    /// `also` is hidden too: the member of an object that is known by its others.
    fn walk(self, member: &str, value: &mut Value, also: Option<&str>) {
        match value {
            Value::Object(members) => {
                let has = |name: &&str| members.contains_key(*name);
                let also = match self {
                    Self::CertCentral if PERSONAL.iter().any(has) => Some("name"),
                    // A webhook's challenge, as it is sent and as it is sent back.
                    Self::CertCentral if has(&"webhook_id") || (members.len() == 1 && has(&"token")) => Some("token"),
                    _ => None,
                };
                for (name, value) in members {
                    self.walk(name, value, also);
                }
            }
            // The entries of a list are what the list is.
            Value::Array(items) => items.iter_mut().for_each(|item| self.walk(member, item, None)),
            Value::Null | Value::Bool(_) => {}
            Value::String(_) | Value::Number(_) => {
                if also == Some(member) || self.hides(member, value) {
                    *value = HIDDEN.into();
                }
            }
        }
    }

    fn hides(self, member: &str, value: &Value) -> bool {
        match self {
            Self::CertCentral => HIDDEN_OF_CERTCENTRAL.contains(&member),
            Self::PocketSign => {
                let name = member.replace('_', "").to_ascii_lowercase();
                let is_plain = value.as_str().is_none_or(|text| text.is_ascii() && text.len() <= LONGEST_SHOWN);
                !(is_plain && SHOWN_OF_POCKETSIGN.contains(&name.as_str()))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn redacted(service: Service, mut body: Value) -> Value {
        service.redact(&mut body);
        body
    }

    #[test]
    fn a_persons_name_is_hidden_and_a_products_is_not() {
        let contact = json!({"name": "John Smith", "first_name": "John", "id": 14});
        let body = redacted(Service::CertCentral, json!({"product": {"name": "Basic OV"}, "user": contact, "emails": ["a@example.com"]}));
        let user = json!({"name": HIDDEN, "first_name": HIDDEN, "id": 14});
        assert_eq!(body, json!({"product": {"name": "Basic OV"}, "user": user, "emails": [HIDDEN]}));
    }

    #[test]
    fn of_pocketsign_only_what_is_known_to_be_plain_is_shown() {
        let body = json!({
            "certificate": {"id": "0f8b3c52", "certificate": "MIIB", "created_at": "2024-05-01T00:00:00Z"},
            "certifcate": "MIIB", "nested": [["MIIB"], {"commonName": "証明　花子", "user_id": "証明　花子"}], "isNewUser": true, "dateOfBirth": 19850401,
            "id": "x".repeat(LONGEST_SHOWN + 1),
        });
        let shown = json!({
            "certificate": {"id": "0f8b3c52", "certificate": HIDDEN, "created_at": "2024-05-01T00:00:00Z"},
            "certifcate": HIDDEN, "nested": [[HIDDEN], {"commonName": HIDDEN, "user_id": HIDDEN}], "isNewUser": true, "dateOfBirth": HIDDEN,
            "id": HIDDEN,
        });
        assert_eq!(redacted(Service::PocketSign, body), shown);
    }

    #[test]
    fn queries_are_read_by_their_last_word() {
        let query = "filters[status]=issued&filters%5Bemail%5D%5B0%5D=a@example.com&api_key=S3CRET";
        let shown = "filters%5Bstatus%5D=issued&filters%5Bemail%5D%5B0%5D=%28hidden%29&api_key=%28hidden%29";
        assert_eq!(Service::CertCentral.redact_query(query), shown);
        assert_eq!(Service::PocketSign.redact_query("message=eyJ9&limit=5"), "message=%28hidden%29&limit=5");
    }
}
