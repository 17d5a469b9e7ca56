//! Products: an open list, with what an order of each needs.

use std::{borrow::Cow, fmt};

use serde::{Deserialize, Serialize};

use super::{
    IssuanceLimits, OrganizationId, ProductNameId,
    check::{self, Trust},
};
use crate::error::Error;

/// How much is checked before a certificate of a product is issued.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ValidationLevel {
    /// Domain validation: control of the domain.
    Dv,
    /// Organization validation (企業認証): the domain, and the organization.
    Ov,
    /// Extended validation: the same, more thoroughly, with verified contacts.
    Ev,
}

/// A product that can be ordered: its identifier, and what an order of it needs.
///
/// The constants are the products of the guide (p.32). Any other identifier works too: see [`Product::new`].
///
/// ```
/// use shomei::certcentral::{Product, ValidationLevel};
///
/// assert_eq!(Product::SECURE_SITE_OV.id(), "ssl_securesite_flex");
/// assert_eq!(Product::SECURE_SITE_OV.validation_level(), Some(ValidationLevel::Ov));
/// let other = Product::new("ssl_of_tomorrow");
/// assert_eq!(other.validation_level(), None);
/// ```
///
/// In configuration, a product is written as its identifier or as a hint: `"ssl_securesite_flex"`, `{"type_hint": "ov"}`.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(from = "Written", into = "Written")]
pub struct Product {
    id: Cow<'static, str>,
    level: Option<ValidationLevel>,
    /// The hint by which the service picks the product, if it is to pick one.
    hint: Option<Cow<'static, str>>,
}

/// How a product is written in configuration.
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schemars", derive(schemars::JsonSchema))]
#[serde(untagged, deny_unknown_fields)]
enum Written {
    Id(Cow<'static, str>),
    Hint { type_hint: Cow<'static, str> },
}

impl From<Written> for Product {
    fn from(written: Written) -> Self {
        match written {
            Written::Id(id) => Self::new(id),
            Written::Hint { type_hint } => Self::by_type_hint(type_hint),
        }
    }
}

impl From<Product> for Written {
    fn from(product: Product) -> Self {
        match product.hint {
            Some(type_hint) => Self::Hint { type_hint },
            None => Self::Id(product.id),
        }
    }
}

impl Product {
    /// グローバル・サーバID EV — Secure Site Pro EV SSL.
    pub const SECURE_SITE_PRO_EV: Self = Self::known("ssl_ev_securesite_pro", ValidationLevel::Ev);
    /// セキュア・サーバID EV — Secure Site EV.
    pub const SECURE_SITE_EV: Self = Self::known("ssl_ev_securesite_flex", ValidationLevel::Ev);
    /// グローバル・サーバID — Secure Site Pro SSL.
    pub const SECURE_SITE_PRO: Self = Self::known("ssl_securesite_pro", ValidationLevel::Ov);
    /// セキュア・サーバID — Secure Site OV.
    pub const SECURE_SITE_OV: Self = Self::known("ssl_securesite_flex", ValidationLevel::Ov);
    /// ジオトラスト トゥルービジネスID — GeoTrust TrueBusiness ID OV.
    pub const GEOTRUST_TRUEBUSINESS_ID: Self = Self::known("ssl_geotrust_truebizid", ValidationLevel::Ov);
    /// プライベート サーバID — Private SSL OV.
    pub const PRIVATE_SSL: Self = Self::known("private_ssl_flex", ValidationLevel::Ov);
    /// Basic OV, the product of the vendor's own samples.
    pub const BASIC_OV: Self = Self::known("ssl_basic", ValidationLevel::Ov);
    /// Basic EV, the product of the guide's sample order (p.30).
    pub const BASIC_EV: Self = Self::known("ssl_ev_basic", ValidationLevel::Ev);
    /// GeoTrust Standard DV.
    pub const GEOTRUST_DV: Self = Self::known("ssl_dv_geotrust_flex", ValidationLevel::Dv);
    /// コードサイン証明書 — Code Signing Certificate.
    pub const CODE_SIGNING: Self = Self::known("code_signing", ValidationLevel::Ov);
    /// EVコードサイン証明書 — EV Code Signing Certificate.
    pub const CODE_SIGNING_EV: Self = Self::known("code_signing_ev", ValidationLevel::Ev);

    const fn known(id: &'static str, level: ValidationLevel) -> Self {
        Self { id: Cow::Borrowed(id), level: Some(level), hint: None }
    }

    /// Returns the product with this identifier (`name_id`).
    pub fn new(id: impl Into<Cow<'static, str>>) -> Self {
        let id = id.into();
        let level = Self::of_the_guide().into_iter().find(|known| known.id == id).and_then(|known| known.level);
        Self { id, level, hint: None }
    }

    /// Returns the TLS product that the service picks for the names of an order, by a hint such as `ov` or `ev` (vendor page
    /// orders/order-ssl-type_hint). If the service cannot pick one, it refuses with
    /// [`ErrorCode::AmbiguousProduct`](super::ErrorCode::AmbiguousProduct).
    ///
    /// ```
    /// use shomei::certcentral::{Product, ValidationLevel};
    ///
    /// let product = Product::by_type_hint("ov");
    /// assert_eq!((product.id(), product.validation_level()), ("ssl", Some(ValidationLevel::Ov)));
    /// ```
    pub fn by_type_hint(hint: impl Into<Cow<'static, str>>) -> Self {
        let hint = hint.into();
        let level = match &*hint {
            "dv" => Some(ValidationLevel::Dv),
            "ov" => Some(ValidationLevel::Ov),
            "ev" => Some(ValidationLevel::Ev),
            _ => None,
        };
        Self { id: Cow::Borrowed("ssl"), level, hint: Some(hint) }
    }

    /// What the service is to pick the product by.
    pub(super) fn type_hint(&self) -> Option<&str> {
        self.hint.as_deref()
    }

    /// Returns the identifier, as in the URL of an order.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Returns what is checked before a certificate of this product is issued; `None` for a product unknown to this crate.
    #[must_use]
    pub fn validation_level(&self) -> Option<ValidationLevel> {
        self.level
    }

    /// Returns whether an order has to name an organization; `false` for an unknown product.
    #[must_use]
    pub fn needs_organization(&self) -> bool {
        matches!(self.level, Some(ValidationLevel::Ov | ValidationLevel::Ev))
    }

    /// Whether an order that names this organization, or none, has what the product needs.
    pub(super) fn check_organization(&self, organization: Option<OrganizationId>) -> Result<(), Error> {
        if organization.is_none() && self.needs_organization() {
            return Err(Error::invalid("organization", format!("{self} requires an organization")));
        }
        Ok(())
    }

    /// Whether its certificates serve TLS.
    pub(super) fn is_tls(&self) -> bool {
        !self.id.contains("code_signing") && !self.id.starts_with("client_") && !self.id.starts_with("secure_email")
    }

    /// Whether the industry's limits for public TLS apply to its certificates.
    pub(super) fn is_public_tls(&self) -> bool {
        self.is_tls() && !self.is_private()
    }

    /// Whether its certificates are trusted in a private network only.
    pub(super) fn is_private(&self) -> bool {
        self.id.starts_with("private_")
    }

    /// The limits that apply to this product: those of plans to all, those of certificates to public TLS.
    pub(super) fn limits(&self, mut limits: IssuanceLimits) -> IssuanceLimits {
        if !self.is_public_tls() {
            limits.certificate_days.clear();
        }
        limits
    }

    /// A common name as this product wants it: a name that TLS can carry, or whatever else a certificate is about.
    pub(super) fn common_name(&self, given: &str) -> Result<String, Error> {
        if self.is_tls() {
            check::certificate_name("common_name", given, self.trust())
        } else {
            check::filled("common_name", given.to_owned())
        }
    }

    /// Further names as this product wants them.
    pub(super) fn dns_names(&self, given: &[String]) -> Result<Vec<String>, Error> {
        check::certificate_names("dns_names", given, self.trust())
    }

    fn trust(&self) -> Trust {
        if self.is_public_tls() { Trust::Public } else { Trust::Private }
    }

    fn of_the_guide() -> [Self; 11] {
        [
            Self::SECURE_SITE_PRO_EV,
            Self::SECURE_SITE_EV,
            Self::SECURE_SITE_PRO,
            Self::SECURE_SITE_OV,
            Self::GEOTRUST_TRUEBUSINESS_ID,
            Self::PRIVATE_SSL,
            Self::BASIC_OV,
            Self::BASIC_EV,
            Self::GEOTRUST_DV,
            Self::CODE_SIGNING,
            Self::CODE_SIGNING_EV,
        ]
    }
}

impl From<ProductNameId> for Product {
    fn from(id: ProductNameId) -> Self {
        Self::new(id.as_str().to_owned())
    }
}

impl fmt::Display for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.id)
    }
}

impl fmt::Debug for Product {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Product({})", self.id)
    }
}
