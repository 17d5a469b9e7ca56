//! OpenAPI Overlays (1.0): edits of a document that stand in a file of their own.

mod target;

use serde_norway::{Mapping, Value};

use super::problem::Problem;
use target::{Selector, Target};

/// An overlay to apply.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Overlay {
    /// The name of its file.
    pub(crate) file: String,
    pub(crate) text: String,
}

/// One edit: what is merged into every place that the target names, or removed there.
struct Action {
    target: Target,
    edit: Edit,
}

enum Edit {
    Update(Value),
    Remove,
}

/// Applies an overlay, action by action.
pub(crate) fn apply(document: &mut Value, overlay: &Overlay) -> Result<(), Problem> {
    name_keys(document);
    let place = |action: Option<(usize, &str)>| match action {
        Some((number, target)) => format!("{}, action {number} (target `{target}`)", overlay.file),
        None => overlay.file.clone(),
    };
    let problem = |action, (what, mend): Mistake| Problem { place: place(action), what, mend: mend.to_owned() };
    for (index, action) in actions(&overlay.text).map_err(|mistake| problem(None, mistake))?.iter().enumerate() {
        let text = action["target"].as_str().unwrap_or_default();
        let at = Some((index + 1, text));
        let action = read(action).map_err(|mistake| problem(at, mistake))?;
        perform(document, &action).map_err(|mistake| problem(at, mistake))?;
    }
    Ok(())
}

/// A status may be written as a number; a target names it.
fn name_keys(value: &mut Value) {
    match value {
        Value::Mapping(members) => {
            let named = |(key, mut inner): (Value, Value)| {
                name_keys(&mut inner);
                let key = if let Value::Number(number) = key { Value::String(number.to_string()) } else { key };
                (key, inner)
            };
            *members = std::mem::take(members).into_iter().map(named).collect();
        }
        Value::Sequence(elements) => elements.iter_mut().for_each(name_keys),
        _ => {}
    }
}

/// What is wrong, and how to mend it.
type Mistake = (String, &'static str);

fn actions(text: &str) -> Result<Vec<Value>, Mistake> {
    let overlay: Value = serde_norway::from_str(text).map_err(|error| (error.to_string(), "correct the YAML"))?;
    known(&overlay, &["overlay", "info", "extends", "actions"])?;
    if !overlay["overlay"].as_str().is_some_and(|version| version == "1.0" || version.starts_with("1.0.")) {
        return Err(("it is no overlay of version 1.0".to_owned(), "write `overlay: 1.0.0`"));
    }
    if ["title", "version"].iter().any(|member| !overlay["info"][member].is_string()) {
        return Err(("it has no `info` with title and version".to_owned(), "add `info: {title: …, version: …}`"));
    }
    match overlay["actions"].as_sequence() {
        Some(actions) if !actions.is_empty() => Ok(actions.clone()),
        _ => Err(("it has no actions".to_owned(), "list what to edit under `actions`")),
    }
}

/// An unknown key would be ignored, and the edit with it.
fn known(object: &Value, keys: &[&str]) -> Result<(), Mistake> {
    let Some(members) = object.as_mapping() else {
        return Err(("expected an object".to_owned(), "see the Overlay Specification 1.0"));
    };
    let unknown = members.keys().map(|key| key.as_str().unwrap_or_default()).find(|key| !keys.contains(key) && !key.starts_with("x-"));
    match unknown {
        Some(key) => Err((format!("`{key}` is no word of overlays"), "see the Overlay Specification 1.0")),
        None => Ok(()),
    }
}

fn read(action: &Value) -> Result<Action, Mistake> {
    known(action, &["target", "description", "update", "remove"])?;
    let target = action["target"].as_str().ok_or_else(|| ("there is no target".to_owned(), "name one, such as `$.paths`"))?;
    let target = Target::parse(target)?;
    let edit = match (action.get("update"), action.get("remove").map(Value::as_bool)) {
        (Some(update), None | Some(Some(false))) => Edit::Update(update.clone()),
        (None, Some(Some(true))) if target.0.is_empty() => {
            return Err(("it would remove the whole document".to_owned(), "name what to remove of it"));
        }
        (None, Some(Some(true))) => Edit::Remove,
        _ => return Err(("it is not exactly one of `update` and `remove: true`".to_owned(), "write one of them")),
    };
    Ok(Action { target, edit })
}

fn perform(document: &mut Value, action: &Action) -> Result<(), Mistake> {
    let Action { target, edit } = action;
    let matched = match edit {
        Edit::Update(update) => {
            let mut merged = Ok(());
            let matched = visit(document, &target.0, "$", &mut |value, place| {
                if merged.is_ok() {
                    merged = update_with(value, update, place);
                }
            });
            merged?;
            matched
        }
        Edit::Remove => remove(document, &target.0),
    };
    if matched > 0 {
        return Ok(());
    }
    let there = (0..target.0.len()).rev().find(|length| visit(document, &target.0[..*length], "$", &mut |_, _| {}) > 0).unwrap_or_default();
    let (found, missing) = (Target(target.0[..there].to_vec()), &target.0[there]);
    Err((format!("it matches nothing: `{found}` has no {missing}"), "correct the target, or remove the action"))
}

/// Does something with every value that the selectors lead to, and counts them.
fn visit(value: &mut Value, selectors: &[Selector], place: &str, act: &mut dyn FnMut(&mut Value, &str)) -> usize {
    let Some((selector, rest)) = selectors.split_first() else {
        act(value, place);
        return 1;
    };
    let below = |key: &str| format!("{place}{}", Selector::Name(key.to_owned()).step());
    match (selector, value) {
        (Selector::Name(name), Value::Mapping(members)) => {
            members.get_mut(name.as_str()).map_or(0, |inner| visit(inner, rest, &below(name), act))
        }
        (Selector::Index(index), Value::Sequence(elements)) => {
            elements.get_mut(*index).map_or(0, |inner| visit(inner, rest, &format!("{place}[{index}]"), act))
        }
        (Selector::Each, Value::Mapping(members)) => {
            members.iter_mut().map(|(key, inner)| visit(inner, rest, &below(key.as_str().unwrap_or_default()), act)).sum()
        }
        (Selector::Each, Value::Sequence(elements)) => {
            elements.iter_mut().enumerate().map(|(index, inner)| visit(inner, rest, &format!("{place}[{index}]"), act)).sum()
        }
        _ => 0,
    }
}

/// Removes what the selectors lead to, and counts it.
fn remove(document: &mut Value, selectors: &[Selector]) -> usize {
    let Some((last, above)) = selectors.split_last() else { return 0 };
    let mut removed = 0;
    visit(document, above, "$", &mut |value, _| {
        removed += match (last, value) {
            (Selector::Name(name), Value::Mapping(members)) => usize::from(members.shift_remove(name.as_str()).is_some()),
            (Selector::Index(index), Value::Sequence(elements)) if *index < elements.len() => {
                elements.remove(*index);
                1
            }
            (Selector::Each, Value::Mapping(members)) => std::mem::take(members).len(),
            (Selector::Each, Value::Sequence(elements)) => std::mem::take(elements).len(),
            _ => 0,
        };
    });
    removed
}

/// The update of a target: an object is merged with it, a list gets it as a further entry.
fn update_with(value: &mut Value, update: &Value, place: &str) -> Result<(), Mistake> {
    match value {
        Value::Sequence(elements) => {
            elements.push(update.clone());
            Ok(())
        }
        Value::Mapping(members) => match update {
            Value::Mapping(updates) => merge(members, updates, place),
            _ => Err((format!("`{place}` is an object, and the update is none"), "write an object with the members to change")),
        },
        _ => Err((format!("`{place}` is a single value"), "take the object that it is in as the target")),
    }
}

/// Objects are merged, lists joined, single values replaced.
fn merge(members: &mut Mapping, updates: &Mapping, place: &str) -> Result<(), Mistake> {
    for (key, update) in updates {
        let place = format!("{place}{}", Selector::Name(key.as_str().unwrap_or_default().to_owned()).step());
        match (members.get_mut(key), update) {
            (Some(Value::Mapping(inner)), Value::Mapping(update)) => merge(inner, update, &place)?,
            (Some(Value::Sequence(elements)), Value::Sequence(further)) => elements.extend(further.iter().cloned()),
            (Some(Value::Mapping(_) | Value::Sequence(_)), _) => {
                let what = format!("`{place}` is an object or a list, and the update something else");
                return Err((what, "remove it by an action of its own before"));
            }
            _ => drop(members.insert(key.clone(), update.clone())),
        }
    }
    Ok(())
}
