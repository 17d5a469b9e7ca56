//! Whatever makes several calls, lists and waits, with any series of answers: each ends, in time, and harms nobody.

mod certcentral;
mod pocketsign;

pub(crate) use self::certcentral::{issuance, validation};

use futures_util::{Stream, StreamExt as _, future::LocalBoxFuture};
use shomei::Error;

use super::script::{Clients, Script, play};

type Flow = for<'c> fn(&'c Clients) -> LocalBoxFuture<'c, ()>;

const TABLES: [&[(&str, Flow)]; 2] = [certcentral::FLOWS, pocketsign::FLOWS];

/// The names of all flows.
pub(crate) fn names() -> Vec<String> {
    TABLES.concat().iter().map(|(name, _)| (*name).to_owned()).collect()
}

/// One flow. The last answer is repeated as often as it takes.
pub fn flows(data: &[u8]) {
    let script = Script::read(data);
    let table = TABLES.concat();
    let (_, flow) = script.choose(&table);
    play(script.answers(0), async |clients| flow(clients).await);
}

/// Reads a list to its end; an error is the last.
async fn read_all<T>(mut list: impl Stream<Item = Result<T, Error>> + Unpin, judge: impl Fn(&Error)) {
    while let Some(item) = list.next().await {
        if let Err(error) = item {
            judge(&error);
            assert!(list.next().await.is_none(), "something follows an error");
            return;
        }
    }
}
