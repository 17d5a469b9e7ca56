//! Resuming an issuance in another process: before it was sent, when it may have been sent, or after it was placed.

use std::{
    error::Error as StdError,
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
};

use bon::bon;
use futures_util::FutureExt as _;
use serde::{Deserialize, Serialize};

use super::{PendingIssuance, Resumable};
use crate::{
    certcentral::{
        CertCentral, Orders, docs,
        orders::{Before, Prepared, Save, Write},
    },
    error::Error,
    seal::{Content, Sealed},
};

/// The [resume token](super::super#resume-tokens) to continue an issuance in another process. It belongs to an order that was
/// [prepared](crate::certcentral::builders::IssueCertificate::prepare), that is being sent, or that was placed.
///
/// Until the order is placed, the token holds the whole request, including the contacts that it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssuanceToken {
    sealed: Sealed<Stage>,
    #[serde(skip)]
    unsent: Unsent,
}

/// Whether the order cannot have been sent yet: it was prepared just now, in this process. Only the first clone to take the flag gets it.
#[derive(Clone, Debug, Default)]
struct Unsent(Arc<AtomicBool>);

impl PartialEq for Unsent {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// The stage of an issuance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Stage {
    /// Nothing was sent.
    Prepared(Box<Write>),
    /// It may have been sent; `Before` is what existed by then.
    Sending(Box<Write>, Before),
    Placed(Resumable),
}

impl IssuanceToken {
    fn of(client: &CertCentral, stage: Stage) -> Self {
        Self { sealed: client.core.seals.seal(stage), unsent: Unsent::default() }
    }

    pub(super) fn placed(client: &CertCentral, placed: Resumable) -> Self {
        Self::of(client, Stage::Placed(placed))
    }

    pub(in crate::certcentral) fn prepared(client: &CertCentral, write: Write) -> Self {
        Self { unsent: Unsent(Arc::new(AtomicBool::new(true))), ..Self::of(client, Stage::Prepared(Box::new(write))) }
    }

    pub(in crate::certcentral) fn sending(client: &CertCentral, write: Write, before: Before) -> Self {
        Self::of(client, Stage::Sending(Box::new(write), before))
    }
}

impl Content for Stage {
    const KIND: &'static str = "issuance";
    const VERSION: u8 = 4;
}

#[bon]
impl<'c> Orders<'c> {
    /// Resumes an issuance from wherever it stopped: sends an order that was
    /// [prepared](crate::certcentral::builders::IssueCertificate::prepare), searches for one that may have been sent, waits for one that
    /// was placed.
    ///
    /// A process that saves the token may be killed at any moment and never orders twice: the saved token says whether sending has begun.
    ///
    /// | token of | effect |
    /// | --- | --- |
    /// | a prepared order | [`save_with`](ResumeIssuance::save_with) saves that sending begins, then the order is sent |
    /// | an order that is being sent | it is searched for, nothing is sent; [`send_again`](ResumeIssuance::send_again) sends it if it is not listed |
    /// | a placed order | nothing is sent until it is waited for |
    ///
    /// The same program works for the first run and every later one:
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, csr: shomei::Csr) -> Result<(), Box<dyn std::error::Error>> {
    /// use std::{fs, time::Duration};
    /// use shomei::certcentral::{OrganizationId, Plan, Product, flow::IssuanceToken};
    ///
    /// // Whole or not at all: written beside, then moved into place.
    /// fn save(token: &IssuanceToken) -> Result<(), std::io::Error> {
    ///     fs::write("order.json.new", serde_json::to_string(token)?)?;
    ///     fs::rename("order.json.new", "order.json")
    /// }
    ///
    /// let token = match fs::read_to_string("order.json") {
    ///     Ok(kept) => serde_json::from_str(&kept)?,
    ///     Err(_) => {
    ///         let order = cc.orders().issue(Product::SECURE_SITE_OV, csr).common_name("example.com");
    ///         let token = order.organization(OrganizationId(112233)).plan(Plan::years(1)).prepare()?;
    ///         save(&token)?;
    ///         token
    ///     }
    /// };
    /// let pending = cc.orders().resume_issuance(token).save_with(|token| async move { save(&token) }).start().await?;
    /// let issued = pending.wait(Duration::from_secs(1800)).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] if the token was changed, or made with another API key, for another base URL or by another version of
    /// this crate; also if the order has to be sent and `save_with` is not set, or saving fails. [`Error::is_configuration`] if this build
    /// cannot verify the certificate's chain. If an order that may have been sent is not found, the error
    /// [`is_ambiguous`](Error::is_ambiguous), and its [`recovery_hint`](Error::recovery_hint) says what to search for. If the order is
    /// sent, those of [`IssueCertificate::start`](crate::certcentral::builders::IssueCertificate::start).
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Orders::resume_issuance)] }))]
    #[builder(builder_type(name = ResumeIssuance, doc { #[doc = docs!(call Orders::resume_issuance)] }))]
    pub async fn resume_issuance(
        self,
        #[builder(start_fn)] token: IssuanceToken,
        /// Saves the token of each stage.
        #[builder(setters(name = save_hook, vis = ""))]
        save: Option<Save>,
        /// Sends an order that may have been sent before, if it is certainly not listed. **It may order twice**: that nothing is listed
        /// does not prove that nothing was placed, see [`RetryPolicy::resend_if_absent`](crate::RetryPolicy::resend_if_absent).
        #[builder(default)]
        send_again: bool,
    ) -> Result<PendingIssuance, Error> {
        if save.is_none() && matches!(token.sealed.unverified(), Stage::Prepared(_)) {
            self.client.core.seals.open(token.sealed)?;
            return Err(Error::invalid(
                "save_with",
                "the order was not sent yet; set save_with, so that it is recorded before it is sent and never sent twice",
            ));
        }
        // The token may have been resumed before.
        go_on(self.client, IssuanceToken { unsent: Unsent::default(), ..token }, save, send_again).await
    }
}

/// Resumes from wherever it stopped.
pub(in crate::certcentral::flow) async fn go_on(
    client: &CertCentral,
    token: IssuanceToken,
    save: Option<Save>,
    send_again: bool,
) -> Result<PendingIssuance, Error> {
    let is_new = token.unsent.0.swap(false, Ordering::Relaxed);
    match client.core.seals.open(token.sealed)? {
        Stage::Placed(placed) => PendingIssuance::resumed(client, placed),
        Stage::Sending(write, before) => Prepared::kept(client, *write).find(&before, send_again, save.as_ref()).await,
        Stage::Prepared(write) if is_new => Prepared::new(client.clone(), *write)?.start(save.as_ref()).await,
        Stage::Prepared(write) => Prepared::kept(client, *write).start(save.as_ref()).await,
    }
}

impl<'c, S: resume_issuance::State> ResumeIssuance<'c, S> {
    /// Sets the hook that saves the token where it survives this process, replacing the previous one. It is called before the order is
    /// sent, and again once the order is placed. Nothing is sent until the hook has succeeded; if it fails then, [`start`](Self::start)
    /// fails with its error.
    pub fn save_with<F, R, E>(self, save: F) -> ResumeIssuance<'c, resume_issuance::SetSave<S>>
    where
        S::Save: resume_issuance::IsUnset,
        F: Fn(IssuanceToken) -> R + Send + Sync + 'static,
        R: Future<Output = Result<(), E>> + Send + 'static,
        E: Into<Box<dyn StdError + Send + Sync>>,
    {
        self.save_hook(Arc::new(move |token| save(token).map(|done| done.map_err(Into::into)).boxed()))
    }
}
