//! Containers, which the console calls divisions.

use bon::bon;

use super::{handle, types};
use crate::error::Error;

handle! {
    /// The containers of an account: [`CertCentral::containers`](super::CertCentral::containers).
    Containers
}

#[bon]
impl<'c> Containers<'c> {
    /// Reads the containers of the account (guide p.33). The one without a parent has the `parent_id` 0.
    ///
    /// # Errors
    ///
    /// Whatever the service answers.
    #[builder(finish_fn = send, builder_type = ListContainers)]
    pub async fn list(self) -> Result<Vec<types::Container>, Error> {
        let call = self.client.call();
        let answer = call.list_containers().await;
        Ok(call.lift(answer).await?.containers)
    }
}

pub(super) mod builders {
    //! The builders of the operations on containers.
    pub use super::ListContainers;
}
