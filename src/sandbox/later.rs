//! Values that are made when they are first needed: as a rule, once the service is unlocked.

use std::sync::LazyLock;

/// A value that whoever needs it first makes, and that others wait for meanwhile.
pub(crate) type Later<T> = LazyLock<T, Box<dyn FnOnce() -> T + Send>>;

pub(crate) fn later<T>(make: impl FnOnce() -> T + Send + 'static) -> Later<T> {
    LazyLock::new(Box::new(make))
}
