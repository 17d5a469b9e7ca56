//! What the pages of builders say: at each of them the same but for the operation, whose page tells the rest.

/// `docs!(send Orders::get)`: the text for the end of such a builder; `call`, `flow` and `list` are texts for builders themselves.
macro_rules! docs {
    (call $operation:path) => {
        concat!("A call to be sent: [`", stringify!($operation), "`].")
    };
    (flow $operation:path) => {
        concat!(docs!(call $operation), " It ends with [`send`](Self::send), or with [`start`](Self::start) to wait for the certificate.")
    };
    (list $operation:path) => {
        concat!(
            "A list to be read: [`",
            stringify!($operation),
            "`]. It ends with [`stream`](Self::stream), [`pages`](Self::pages) or [`send`](Self::send)."
        )
    };
    (send $operation:path) => {
        docs!(
            "Sends the call and gives its answer.",
            $operation,
            "and whatever else keeps a call from its answer: see [`Error`](crate::Error)."
        )
    };
    (start $operation:path) => {
        docs!(
            "Starts it, and gives what it is waited for with.",
            $operation,
            "and whatever else keeps a call from its answer: see [`Error`](crate::Error)."
        )
    };
    (stream $operation:path) => {
        docs!(
            "Gives the results as a stream; nothing is asked before it is polled.",
            $operation,
            "at once; what goes wrong later comes in the stream."
        )
    };
    ($does:literal, $operation:path, $and:literal) => {
        concat!($does, "\n\n# Errors\n\nThose of [`", stringify!($operation), "`], ", $and)
    };
}
pub(crate) use docs;
