//! Resetting the sandbox, and changing its settings.

use std::sync::Arc;

use chrono::Utc;

use super::certcentral::Account;
use super::fault::Script;
use super::{Sandbox, SandboxError, SandboxSettings, StartingAccount, lock};

/// The sandbox as a whole.
impl Sandbox {
    /// Restores the initial state, with this account: settings, keys, clock, faults, records, files, mails, cards and the log. The
    /// sandbox's CA stays, so that its root need not be trusted again.
    ///
    /// Each concurrent call takes effect either before or after the reset.
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

    /// The account that the sandbox started with.
    pub(crate) fn starting_account(&self) -> StartingAccount {
        self.0.beginning.account
    }

    /// Returns the current settings.
    #[must_use]
    pub fn settings(&self) -> SandboxSettings {
        self.in_account(|account, _| account.settings().clone())
    }

    /// Changes the settings, from now on.
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
    /// A number is out of range. Nothing is changed.
    pub fn set_settings(&self, settings: SandboxSettings) -> Result<(), SandboxError> {
        self.change_settings(|present| {
            *present = settings;
            Ok::<_, SandboxError>(())
        })?;
        Ok(())
    }

    /// Edits the current settings in one step. Nothing is changed if `change` fails.
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
