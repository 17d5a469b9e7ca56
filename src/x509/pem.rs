//! Certificates and requests are serialized as PEM, which everything can read.

use std::borrow::Cow;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};

use super::{Certificate, CertificateChain, Csr};

macro_rules! as_pem {
    ($($name:ident: $write:ident;)+) => {
        $(
            /// Serializes as PEM.
            impl Serialize for $name {
                fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                    serializer.serialize_str(self.$write().as_ref())
                }
            }

            /// Deserializes from PEM.
            impl<'de> Deserialize<'de> for $name {
                fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                    Self::from_pem(&Cow::<str>::deserialize(deserializer)?).map_err(D::Error::custom)
                }
            }
            crate::schema::schema! { $name: {"type": "string", "contentMediaType": "application/x-pem-file"} }
        )+
    };
}

as_pem! {
    Certificate: as_pem;
    CertificateChain: to_pem;
    Csr: as_pem;
}
