//! Every operation of both services, with any answer: what is read is what was written, what is refused is told without harm.

mod certcentral;
mod pocketsign;

use futures_util::future::LocalBoxFuture;

use super::script::{Clients, Script, play};

/// One call, and the judgement of what comes of it.
type Call = for<'c> fn(&'c Clients) -> LocalBoxFuture<'c, ()>;

/// A table of calls. Each line: the operation's name in its document, the call, and who judges it.
macro_rules! table {
    ($name:ident, |$clients:ident| $prepare:expr => $client:ident { $($operation:literal $judge:ident: $call:expr;)* }) => {
        pub(super) const $name: &[(&str, super::Call)] = &[$((
            $operation,
            |$clients| Box::pin(async move {
                #[allow(unused_variables)]
                let $client = $prepare;
                judge::$judge($clients, $call.await);
            }),
        ),)*];
    };
}
use table;

const TABLES: [&[(&str, Call)]; 3] = [certcentral::CALLS, pocketsign::V1, pocketsign::V2];

/// The names of all calls.
pub(crate) fn names() -> Vec<String> {
    TABLES.concat().iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// One call.
pub fn calls(data: &[u8]) {
    let script = Script::read(data);
    let table = TABLES.concat();
    let (_, call) = script.choose(&table);
    play(script.answers(0), async |clients| call(clients).await);
}
