//! Users of the account: people, and service users, which have API keys and nothing else.

mod change;

use bon::bon;

use super::{
    CertCentral, ContainerId, UserId, docs, handle,
    list::{self, list_ends},
    queries, types,
};
use crate::{client::call, error::Error, page::LARGEST_PAGE};

pub use self::change::{CreateServiceUser, CreateUser, CreatedServiceUser, DeleteUser, EditUser, SetUserRole};

handle! {
    #[doc(alias = "ユーザー")]
    /// The users of an account: [`CertCentral::users`](super::CertCentral::users).
    Users
}

#[bon]
impl<'c> Users<'c> {
    /// Reads the user that the key belongs to (vendor page users/user-info). The user's access roles show what the key may do.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// let me = cc.users().me().send().await?;
    /// println!("{:?} may act as {:?}", me.username, me.access_roles);
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_unauthorized`] when the key is wrong.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::me)] }))]
    #[builder(builder_type(name = GetMe, doc { #[doc = docs!(call Users::me)] }))]
    pub async fn me(self) -> Result<types::User, Error> {
        call!(self.client, user_me())
    }

    /// Reads one user (vendor page users/user-info).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such user.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Users::get)] }))]
    #[builder(builder_type(name = GetUser, doc { #[doc = docs!(call Users::get)] }))]
    pub async fn get(self, #[builder(start_fn)] id: UserId) -> Result<types::User, Error> {
        call!(self.client, user_info(&id))
    }

    /// Lists the users of the account (known from public clients). Finish it with [`stream`](ListUsers::stream) for all users,
    /// [`pages`](ListUsers::pages) for all pages, or [`send`](ListUsers::send) for one page.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    ///
    /// let users: Vec<_> = cc.users().list().stream().try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(builder_type(name = ListUsers, doc { #[doc = docs!(list Users::list)] }))]
    pub fn list(
        self,
        /// Only those in this container.
        container: Option<ContainerId>,
        /// The maximum number of items per page; the service allows at most 1000.
        #[builder(default = LARGEST_PAGE)]
        page_size: u32,
        /// How many items to skip.
        #[builder(default)]
        offset: u64,
    ) -> Result<(CertCentral, queries::ListUsers), Error> {
        let query = queries::ListUsers { container_id: container, limit: list::limit(page_size), offset: list::offset(offset) };
        Ok((self.client.clone(), query))
    }
}

list_ends!(ListUsers in list_users by list_users_by: UserList of users: User);
