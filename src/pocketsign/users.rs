//! Users: the UserService.

use bon::bon;

use super::{
    UserId,
    builders::{CheckUserStatus, ListUsers},
    check,
    client::handle,
    types,
};
use crate::{client::call, docs::docs, error::Error, generated::pocketsign_verify_v2::types as wire};

handle! {
    #[doc(alias = "利用者")]
    /// The users of a tenant: [`PocketSign::users`](crate::PocketSign::users).
    Users of PocketSign
}

#[bon]
impl<'c> Users<'c> {
    /// Checks whether a user's newest certificate known to the service has been revoked (利用者の現況確認, vendor page 4160675).
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::PocketSign) -> Result<(), shomei::Error> {
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
    pub fn check_status(self, id: impl Into<UserId>) -> CheckUserStatus<'c> {
        CheckUserStatus::new(self.client, id.into())
    }

    /// Reads the record of a user (利用者情報の取得, vendor page 4160672).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such user.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::get)] }))]
    #[builder(builder_type(name = GetUser, doc { #[doc = docs!(call Users::get)] }))]
    pub async fn get(self, #[builder(start_fn, into)] id: UserId) -> Result<types::GetUserResponse, Error> {
        let request = wire::GetUserRequest { user_id: check::id("user_id", id)? };
        call!(self.client, get_user(&request))
    }

    /// Lists the users (利用者情報の検索, vendor page 4160673), as a page or a stream.
    ///
    /// ```no_run
    /// # async fn example(ps: shomei::PocketSign) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let users: Vec<_> = ps.users().list().page_size(100).stream().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn list(self) -> ListUsers {
        ListUsers::new(self.client)
    }

    /// Permanently deletes the record of a user (利用者情報の削除, vendor page 4160674).
    ///
    /// The user's certificates and verifications remain, without a user (inferred). The same person, identified again, gets a new id.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the tenant has no such user (anymore).
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::delete)] }))]
    #[builder(builder_type(name = DeleteUser, doc { #[doc = docs!(call Users::delete)] }))]
    pub async fn delete(self, #[builder(start_fn, into)] id: UserId) -> Result<(), Error> {
        let request = wire::DeleteUserRequest { user_id: check::id("user_id", id)? };
        call!(self.client, delete_user(&request)).map(drop)
    }
}
