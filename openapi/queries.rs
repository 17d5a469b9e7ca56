//! A struct of parameters for each list: a filter is then set by its name, and not by its place among thirty.

use proc_macro2::TokenStream;
use quote::{format_ident, quote};
use syn::{File, FnArg, Ident, Pat, Signature, Type, parse_quote};

use super::code::{methods, taken_apart, written};
use super::document::pascal;

/// `queries::ListOrders` and `Client::list_orders_by` beside each `Client::list_orders`.
pub(crate) fn queries(file: &File) -> TokenStream {
    let lists: Vec<_> = methods(file).filter_map(List::of).collect();
    let structs = lists.iter().map(List::query);
    let methods = lists.iter().map(List::method);
    quote! {
        /// The parameters of lists.
        pub(crate) mod queries {
            use super::types;
            #(#structs)*
        }

        impl Client {
            #(#methods)*
        }
    }
}

/// A method all of whose parameters may be left out, two of them `limit` and `offset`.
struct List<'a> {
    method: &'a Signature,
    query: Ident,
    parameters: Vec<(&'a Ident, Parameter)>,
}

impl<'a> List<'a> {
    fn of(method: &'a Signature) -> Option<Self> {
        let typed = method.inputs.iter().filter_map(|argument| match argument {
            FnArg::Typed(argument) => Some(argument),
            FnArg::Receiver(_) => None,
        });
        let parameter = |argument: &'a syn::PatType| match &*argument.pat {
            Pat::Ident(name) => Some((&name.ident, Parameter::of(&argument.ty)?)),
            _ => None,
        };
        let parameters: Vec<_> = typed.map(parameter).collect::<Option<_>>()?;
        let has = |wanted: &str| parameters.iter().any(|(name, _)| *name == wanted);
        (has("limit") && has("offset")).then(|| Self { method, query: format_ident!("{}", pascal(&method.ident.to_string())), parameters })
    }

    fn query(&self) -> TokenStream {
        let Self { query, parameters, .. } = self;
        let members = parameters.iter().map(|(name, Parameter { owned, .. })| quote!(pub(crate) #name: Option<#owned>));
        quote! {
            #[derive(Clone, Debug, Default)]
            pub(crate) struct #query { #(#members),* }
        }
    }

    fn method(&self) -> TokenStream {
        let Self { method, query, parameters } = self;
        let (name, by, output) = (&method.ident, format_ident!("{}_by", method.ident), &method.output);
        let arguments = parameters.iter().map(|(name, Parameter { lent, .. })| quote!(query.#name #lent));
        quote! {
            pub(crate) async fn #by(&self, query: &queries::#query) #output {
                self.#name(#(#arguments),*).await
            }
        }
    }
}

/// A parameter that may be left out: what it is when it is kept, and how it is lent again.
struct Parameter {
    owned: Type,
    lent: TokenStream,
}

impl Parameter {
    fn of(ty: &Type) -> Option<Self> {
        let (option, inner) = taken_apart(ty)?;
        let inner = inner.into_iter().next().filter(|_| option == "Option")?;
        Some(match inner {
            Type::Reference(lent) if written(&lent.elem) == "str" => Self { owned: parse_quote!(String), lent: quote!(.as_deref()) },
            Type::Reference(lent) => Self { owned: *lent.elem, lent: quote!(.as_ref()) },
            owned => Self { owned, lent: quote!(.clone()) },
        })
    }
}
