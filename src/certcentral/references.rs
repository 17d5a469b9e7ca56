//! References to orders, certificates and domains, each of which the service knows by more than one identifier.
//!
//! `From` accepts each form, so a call takes an id or a string directly.

use super::{CertificateId, DomainId, OrderId, check};
use crate::error::Error;

macro_rules! reference {
    ($(#[$meta:meta])* $name:ident { Id($id:ty), $(#[$text_meta:meta])* $text:ident }) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[non_exhaustive]
        pub enum $name {
            /// The id.
            Id($id),
            $(#[$text_meta])*
            $text(String),
        }

        impl From<$id> for $name {
            fn from(id: $id) -> Self {
                Self::Id(id)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::$text(text.to_owned())
            }
        }

        impl From<&String> for $name {
            fn from(text: &String) -> Self {
                Self::$text(text.clone())
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self::$text(text)
            }
        }
    };
}

reference! {
    /// An order: its id, or the thumbprint or serial number of its primary certificate.
    OrderRef {
        Id(OrderId),
        /// The SHA-1 thumbprint or the serial number of the primary certificate, in hexadecimal digits.
        Certificate
    }
}

reference! {
    /// A certificate: its id, or its serial number.
    CertificateRef {
        Id(CertificateId),
        /// The serial number, in hexadecimal digits.
        Serial
    }
}

reference! {
    /// A domain: its id, or its name.
    DomainRef {
        Id(DomainId),
        /// A fully qualified name, whether or not it is in the account.
        Name
    }
}

impl OrderRef {
    pub(super) fn segment(&self) -> Result<String, Error> {
        match self {
            Self::Id(id) => Ok(id.to_string()),
            Self::Certificate(digits) => check::hexadecimal("order", digits),
        }
    }
}

impl CertificateRef {
    pub(super) fn segment(&self) -> Result<String, Error> {
        match self {
            Self::Id(id) => Ok(id.to_string()),
            Self::Serial(digits) => check::hexadecimal("certificate", digits),
        }
    }
}

impl DomainRef {
    pub(super) fn segment(&self) -> Result<String, Error> {
        match self {
            Self::Id(id) => Ok(id.to_string()),
            Self::Name(name) => check::domain_name("domain", name),
        }
    }
}
