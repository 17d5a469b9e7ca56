//! JSON Schemas of what is written by hand: the derive of `schemars` knows the rest.

/// Implements `schemars::JsonSchema` with a schema that is written out, where the feature is on: `schema! { Name: {"type": "string"} }`.
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
