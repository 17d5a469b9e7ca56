//! The generated client as callers have it: every operation of the document, with the errors of the crate.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Attribute, File, FnArg, Ident, ImplItem, Item, Pat, Signature, Type, parse_quote};

use super::code::{is_client, response_value, taken_apart, written};

/// `Raw` with a method beside each of `Client`, for the feature `raw`.
pub(crate) fn raw(file: &File) -> TokenStream {
    let methods = operations(file).filter_map(|(attributes, signature)| method(attributes, signature));
    quote! {
        /// Every operation as the document describes it: with the rules for what is sent, the rate limits, retries and errors of the
        /// crate, but without its builders and flows.
        #[cfg(feature = "raw")]
        #[derive(Clone, Debug)]
        pub struct Raw {
            pub(crate) core: ::std::sync::Arc<crate::client::Core>,
            pub(crate) options: crate::client::CallOptions,
        }

        #[cfg(feature = "raw")]
        impl Raw {
            fn call(&self) -> crate::client::Started<Client> {
                let call = crate::client::Call::new(::std::sync::Arc::clone(&self.core), self.options);
                let client = Client::new_with_client(&self.core.base_url, self.core.http.clone(), call.clone());
                crate::client::Started::new(client, call)
            }

            #(#methods)*
        }
    }
}

/// The operations of the client, with their documentation.
fn operations(file: &File) -> impl Iterator<Item = (Vec<&Attribute>, &Signature)> {
    let blocks = file.items.iter().filter_map(|item| match item {
        Item::Impl(block) if is_client(block) => Some(&block.items),
        _ => None,
    });
    blocks.flatten().filter_map(|item| match item {
        ImplItem::Fn(method) if method.sig.asyncness.is_some() => {
            Some((method.attrs.iter().filter(|attribute| attribute.path().is_ident("doc")).collect(), &method.sig))
        }
        _ => None,
    })
}

fn method(attributes: Vec<&Attribute>, signature: &Signature) -> Option<TokenStream> {
    let Signature { ident, generics, inputs, output, .. } = signature;
    let response = response_value(output)?;
    // In a box, unless it is a file.
    let response = match taken_apart(&response) {
        Some((name, inner)) if name == "Box" => inner.into_iter().next()?,
        _ => response,
    };
    let file = written(&response) == "ByteStream";
    let (returned, lifted): (Type, TokenStream) = if file {
        (parse_quote!(::bytes::Bytes), quote!(__call.lift_bytes(__response).await.map(|(_, bytes)| bytes)))
    } else {
        (response, quote!(__call.lift(__response).await))
    };
    let arguments: Vec<&Ident> = inputs
        .iter()
        .filter_map(|input| match input {
            FnArg::Typed(argument) => Some(&*argument.pat),
            FnArg::Receiver(_) => None,
        })
        .filter_map(|pattern| match pattern {
            Pat::Ident(name) => Some(&name.ident),
            _ => None,
        })
        .collect();
    Some(quote! {
        #(#attributes)*
        pub async fn #ident #generics(#inputs) -> ::std::result::Result<#returned, crate::error::Error> {
            // No argument has such a name.
            let __call = self.call();
            let __response = __call.#ident(#(#arguments),*).await;
            #lifted
        }
    })
}
