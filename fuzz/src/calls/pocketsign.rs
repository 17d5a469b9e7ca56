//! Every operation of PocketSign Verify, in both versions.

use shomei::pocketsign::{HashAlgorithm, SignedData};

use super::{super::judge, table};

const ID: &str = "497f6eca-6276-4993-bfeb-53cbbbba6f08";

/// Any certificate will do: who judges it is the service.
pub(crate) const CERTIFICATE: &str = include_str!("../../fixtures/chain.pem");

fn signed() -> SignedData {
    SignedData::new(leaf(), HashAlgorithm::Sha256, [7; 32], [7; 64]).expect("a certificate, a digest and a signature")
}

fn leaf() -> &'static str {
    CERTIFICATE.split_inclusive("-----END CERTIFICATE-----").next().unwrap_or_default()
}

table! { V1, |clients| &clients.v1 => ps {
    "v1/verify" personal: ps.verifications().verify(signed()).send();
    "v1/list_verifications" personal: ps.verifications().list().send();
    "v1/get_verification" personal: ps.verifications().get(ID).send();
    "v1/delete_verification" personal: ps.verifications().delete(ID).send();
    "v1/check_certificate_status_by_content" personal: ps.certificates().check_status_by_content(leaf()).send();
    "v1/list_certificates" personal: ps.certificates().list().send();
    "v1/get_certificate" personal: ps.certificates().get(ID).send();
    "v1/delete_certificate" personal: ps.certificates().delete(ID).send();
    "v1/check_certificate_status" personal: ps.certificates().check_status(ID).send();
    "v1/list_certificate_statuses" personal: ps.certificates().status_history(ID).send();
    "v1/list_users" personal: ps.users().list().send();
    "v1/get_user" personal: ps.users().get(ID).send();
    "v1/delete_user" personal: ps.users().delete(ID).send();
    "v1/check_user_status" personal: ps.users().check_status(ID).send();
}}

table! { V2, |clients| &clients.v2 => ps {
    "v2/get_certificate" personal: ps.certificates().get(ID).send();
    "v2/list_certificates" personal: ps.certificates().list().send();
    "v2/delete_certificate" personal: ps.certificates().delete(ID).send();
    "v2/check_certificate_status" personal: ps.certificates().check_status(ID).send();
    "v2/get_certificate_status" personal: ps.certificates().get_status(ID).send();
    "v2/list_certificate_statuses" personal: ps.certificates().status_history().send();
    "v2/get_user" personal: ps.users().get(ID).send();
    "v2/list_users" personal: ps.users().list().send();
    "v2/delete_user" personal: ps.users().delete(ID).send();
    "v2/check_user_status" personal: ps.users().check_status(ID).send();
    "v2/verify" personal: ps.verifications().verify(signed()).send();
    "v2/get_verification" personal: ps.verifications().get(ID).send();
    "v2/list_verifications" personal: ps.verifications().list().send();
    "v2/delete_verification" personal: ps.verifications().delete(ID).send();
}}
