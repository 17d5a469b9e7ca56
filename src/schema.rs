//! JSON Schemas for hand-written types; the derive of `schemars` covers the rest.

/// Implements `schemars::JsonSchema` with a literal schema, if the feature is enabled: `schema! { Name: {"type": "string"} }`.
macro_rules! schema {
    ($($name:ident: $schema:tt)+) => {
        $(
            #[cfg(feature = "schemars")]
            impl ::schemars::JsonSchema for $name {
                fn schema_name() -> ::std::borrow::Cow<'static, str> {
                    ::std::stringify!($name).into()
                }

                fn json_schema(_: &mut ::schemars::SchemaGenerator) -> ::schemars::Schema {
                    ::schemars::json_schema!($schema)
                }
            }
        )+
    };
}
pub(crate) use schema;
