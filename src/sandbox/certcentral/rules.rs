//! Rules that know no account: names, dates, CAA records, ways to show control.

pub(super) mod caa;
pub(super) mod dcv;
pub(super) mod names;
pub(super) mod validations;
pub(super) mod validity;
