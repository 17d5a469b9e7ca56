//! Rules that know no account: names, dates, ways to show control.

pub(super) mod dcv;
pub(super) mod names;
pub(super) mod validations;
pub(super) mod validity;
