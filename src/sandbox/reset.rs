//! Beginning anew, and changing how the services behave.

use std::sync::Arc;

use chrono::Utc;

use super::certcentral::Account;
use super::fault::Script;
use super::{Sandbox, SandboxError, SandboxSettings, StartingAccount, lock};

/// The sandbox as a whole.
impl Sandbox {
    /// Everything is as it was when the sandbox began, with this account: settings, keys, clock, faults, records, files, mails, cards and the
    /// log. The sandbox's own authority stays, so that whoever trusts its root goes on doing so.
    ///
    /// Calls may be under way meanwhile: each of them comes before it or after it.
    ///
    /// ```
    /// # use shomei::sandbox::{Sandbox, StartingAccount};
    /// let sandbox = Sandbox::new();
    /// sandbox.dns().publish_txt("example.com", "token");
    /// sandbox.reset(StartingAccount::Empty);
    /// assert!(sandbox.dns().records().is_empty());
    /// ```
    pub fn reset(&self, starting: StartingAccount) {
        let world = &self.0;
        let (mut account, mut service, mut script) = (lock(&world.certcentral), lock(&world.pocketsign), lock(&world.script));
        world.clock.restart_at(world.beginning.start.unwrap_or_else(Utc::now));
        world.network.clear();
        *account = Account::new(&world.beginning, starting, world.network.clone(), Arc::clone(&world.authority), world.clock.now());
        service.begin_anew(&world.beginning);
        *script = Script::new(world.beginning.faults.clone());
        world.log.clear();
    }

    /// The account that the sandbox began with.
    pub(crate) fn starting_account(&self) -> StartingAccount {
        self.0.beginning.account
    }

    /// How the services behave.
    #[must_use]
    pub fn settings(&self) -> SandboxSettings {
        self.in_account(|account, _| account.settings().clone())
    }

    /// Changes how the services behave, from now on.
    ///
    /// ```
    /// # use std::time::Duration;
    /// # use shomei::sandbox::{ApprovalMode, Sandbox};
    /// # fn main() -> Result<(), shomei::sandbox::SandboxError> {
    /// let sandbox = Sandbox::new();
    /// let mut settings = sandbox.settings();
    /// settings.approval = ApprovalMode::TwoStep;
    /// settings.issue_delay = Duration::from_secs(600);
    /// sandbox.set_settings(settings)?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// A number is out of bounds. Nothing has changed.
    pub fn set_settings(&self, settings: SandboxSettings) -> Result<(), SandboxError> {
        self.change_settings(|present| {
            *present = settings;
            Ok::<_, SandboxError>(())
        })?;
        Ok(())
    }

    /// The same in one step for who changes what there is. Nothing has changed where `change` refuses.
    pub(crate) fn change_settings<E: From<SandboxError>>(
        &self,
        change: impl FnOnce(&mut SandboxSettings) -> Result<(), E>,
    ) -> Result<SandboxSettings, E> {
        self.in_account(|account, now| {
            let mut settings = account.settings().clone();
            change(&mut settings)?;
            settings.check()?;
            account.at(now, |account| account.set_settings(settings.clone()));
            Ok(settings)
        })
    }
}
