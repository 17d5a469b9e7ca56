//! Users of the account.

use bon::bon;

use super::{handle, types};
use crate::error::Error;

handle! {
    /// The users of an account: [`CertCentral::users`](super::CertCentral::users).
    Users
}

#[bon]
impl<'c> Users<'c> {
    /// Reads the user that the key belongs to. Its access roles tell what the key may do.
    ///
    /// # Errors
    ///
    /// [`Error::is_denied`] when the key is wrong.
    #[builder(finish_fn = send, builder_type = GetMe)]
    pub async fn me(self) -> Result<types::User, Error> {
        let call = self.client.call();
        let answer = call.user_me().await;
        call.lift(answer).await
    }
}

pub(super) mod builders {
    //! The builders of the operations on users.
    pub use super::GetMe;
}
