//! The doc texts of builders: the same for each of them but for the operation, whose page has the rest.

/// `docs!(send Orders::get)`: the text for the end of such a builder; `call`, `flow` and `list` are texts for builders themselves.
macro_rules! docs {
    (call $operation:path) => {
        concat!("The builder of [`", stringify!($operation), "`].")
    };
    (flow $operation:path) => {
        concat!(docs!(call $operation), " Finish it with [`send`](Self::send), or with [`start`](Self::start) to wait for the certificate.")
    };
    (list $operation:path) => {
        concat!(
            "The builder of [`",
            stringify!($operation),
            "`]. Finish it with [`stream`](Self::stream), [`pages`](Self::pages) or [`send`](Self::send)."
        )
    };
    (send $operation:path) => {
        docs!(
            "Sends the request and returns the response.",
            $operation,
            "and any other failure of a call: see [`Error`](crate::Error)."
        )
    };
    (start $operation:path) => {
        docs!(
            "Sends the request and returns a handle that waits for the result.",
            $operation,
            "and any other failure of a call: see [`Error`](crate::Error)."
        )
    };
    (stream $operation:path) => {
        docs!(
            "Returns the results as a stream; nothing is sent before it is polled.",
            $operation,
            "as items of the stream."
        )
    };
    ($does:literal, $operation:path, $and:literal) => {
        concat!($does, "\n\n# Errors\n\nThose of [`", stringify!($operation), "`], ", $and)
    };
}
pub(crate) use docs;

/// `named! { super orders { GetOrder "オーダー情報の確認" } }`: public names of modules, each with aliases for a search in Japanese.
macro_rules! named {
    ($base:ident $($room:ident { $($name:ident $($japanese:literal)+),+ $(,)? })+) => {
        $($(
            #[doc(alias($($japanese),+))]
            pub use $base::$room::$name;
        )+)+
    };
}
pub(crate) use named;
