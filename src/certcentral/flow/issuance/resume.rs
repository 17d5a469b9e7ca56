//! Going on with an issuance in another process: from before it was sent, from when it may have been, or from when it was placed.

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

/// What is needed to go on with an issuance in another process: a [resume token](super::super#resume-tokens). It is of an order that was
/// [prepared](crate::certcentral::builders::IssueCertificate::prepare), that is being sent, or that was placed.
///
/// Before it is placed it holds the whole request, and so the contacts that it names.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct IssuanceToken {
    sealed: Sealed<Stage>,
    #[serde(skip)]
    unsent: Unsent,
}

/// Whether nobody can have sent an order yet: it was prepared just now, in this process. The first of all clones to take it has it.
#[derive(Clone, Debug, Default)]
struct Unsent(Arc<AtomicBool>);

impl PartialEq for Unsent {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// How far an issuance has come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Stage {
    /// Nothing was sent.
    Prepared(Box<Write>),
    /// It may have been sent; this was there before.
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
    /// Goes on with an issuance from wherever it was: sends what was [prepared](crate::certcentral::builders::IssueCertificate::prepare),
    /// looks for what may have been sent, waits for what was placed.
    ///
    /// A process that keeps the token may be killed at any moment, and never orders twice: what it has kept tells whether sending has begun.
    ///
    /// | the token is of | it |
    /// | --- | --- |
    /// | an order that was prepared | keeps the mark that sending begins, by [`save_with`](ResumeIssuance::save_with), and sends it |
    /// | an order that is being sent | looks for it and sends nothing; with [`send_again`](ResumeIssuance::send_again) it is sent if it does not show |
    /// | an order that was placed | asks the service nothing before it is waited for |
    ///
    /// The same program serves the first time and every time after:
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
    /// [`Error::is_invalid_input`] when the token was changed, made with another API key, for another base URL, or by another version of this crate, or when it
    /// has to be sent and there is no `save_with`, or saving fails; [`Error::is_configuration`] when this build could not verify the
    /// certificate's chain. Where what may have been sent does not show, the error [`is_ambiguous`](Error::is_ambiguous), and its
    /// [`recovery_hint`](Error::recovery_hint) says what to look for. For what is sent, those of
    /// [`IssueCertificate::start`](crate::certcentral::builders::IssueCertificate::start).
    #[builder(finish_fn(name = start, doc { #[doc = docs!(start Orders::resume_issuance)] }))]
    #[builder(builder_type(name = ResumeIssuance, doc { #[doc = docs!(call Orders::resume_issuance)] }))]
    pub async fn resume_issuance(
        self,
        #[builder(start_fn)] token: IssuanceToken,
        /// Keeps the token of each stage.
        #[builder(setters(name = save_hook, vis = ""))]
        save: Option<Save>,
        /// Sends what may have been sent before, if it certainly does not show. **It may order twice**: that nothing shows does not prove
        /// that nothing was done, see [`RetryPolicy::resend_if_absent`](crate::RetryPolicy::resend_if_absent).
        #[builder(default)]
        send_again: bool,
    ) -> Result<PendingIssuance, Error> {
        if save.is_none() && matches!(token.sealed.unverified(), Stage::Prepared(_)) {
            self.client.core.seals.open(token.sealed)?;
            return Err(Error::invalid(
                "save_with",
                "this was not sent yet; set save_with, so that it is recorded before it is sent and never sent twice",
            ));
        }
        // It may have been gone on with before.
        go_on(self.client, IssuanceToken { unsent: Unsent::default(), ..token }, save, send_again).await
    }
}

/// Goes on from wherever it was.
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
    /// Keeps the token where it survives this process, in place of the one before: once before an order is sent, and once it is placed.
    /// Nothing is sent before the hook has succeeded; what it fails with then is the error of [`start`](Self::start).
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
