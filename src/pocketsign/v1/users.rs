//! Users in v1.

use bon::bon;

use super::builders::ListUsers;
use crate::{
    client::call,
    docs::docs,
    error::Error,
    pocketsign::{PocketSignV1, UserId, builders::CheckUserStatus, check, client::handle, types::GetUserResponse},
};

handle! {
    #[doc(alias = "利用者")]
    /// The users of a tenant: [`PocketSignV1::users`].
    Users of PocketSignV1
}

#[bon]
impl<'c> Users<'c> {
    /// Checks whether a user's newest certificate known to the service has been revoked (利用者の現況確認, vendor page 4160659). Deprecated (廃止予定);
    /// in v2: [`Users::check_status`](crate::pocketsign::Users::check_status).
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV1) -> Result<(), shomei::Error> {
    /// use shomei::pocketsign::{CertificateStatus, CheckMethod};
    ///
    /// let id = "c3e7a1b2-5d4f-4e6a-8b9c-0d1e2f3a4b5c";
    /// let status: CertificateStatus = ps.users().check_status(id).method(CheckMethod::Crl).send().await?.into();
    /// if status.is_revoked() {
    ///     println!("ask them to identify themselves again");
    /// }
    /// # Ok(())
    /// # }
    /// ```
    pub fn check_status(self, id: impl Into<UserId>) -> CheckUserStatus<'c, PocketSignV1> {
        CheckUserStatus::new(self.client, id.into())
    }

    /// Reads the record of a user (利用者情報の取得, vendor page 4160657). Deprecated (廃止予定); in v2:
    /// [`Users::get`](crate::pocketsign::Users::get).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such user.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::get)] }))]
    #[builder(builder_type(name = GetUser, doc { #[doc = docs!(call Users::get)] }))]
    pub async fn get(self, #[builder(start_fn, into)] id: UserId) -> Result<GetUserResponse, Error> {
        let id = check::id("user_id", id)?;
        call!(self.client, get_user(&id))
    }

    /// Lists the users (利用者の検索, vendor page 4160656), as a page or a stream. Deprecated (廃止予定); in v2:
    /// [`Users::list`](crate::pocketsign::Users::list).
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::pocketsign::PocketSignV1) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let users: Vec<_> = ps.users().list().stream().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self) -> ListUsers {
        ListUsers::new(self.client)
    }

    /// Permanently deletes the record of a user (利用者情報の削除, vendor page 4160658). Deprecated (廃止予定); in v2:
    /// [`Users::delete`](crate::pocketsign::Users::delete).
    ///
    /// The user's certificates and verifications remain, without a user (inferred). The same person, identified again, gets a new id.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such user (anymore).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::delete)] }))]
    #[builder(builder_type(name = DeleteUser, doc { #[doc = docs!(call Users::delete)] }))]
    pub async fn delete(self, #[builder(start_fn, into)] id: UserId) -> Result<(), Error> {
        let id = check::id("user_id", id)?;
        call!(self.client, delete_user(&id))
    }
}
