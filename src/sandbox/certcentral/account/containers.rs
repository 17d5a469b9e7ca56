//! Containers: the account's departments.

use serde::Serialize;
use serde_json::{Value, json};

use crate::sandbox::certcentral::Account;
use crate::sandbox::certcentral::account::users::{self, User};
use crate::sandbox::http::{Answer, Call, Reply};
use crate::sandbox::json::{Members, Type};
use crate::sandbox::random::Random;
use crate::sandbox::refusal::{Refusal, Refusals};
use crate::sandbox::register::Register;

/// A container or an organization, as what belongs to it names it.
#[derive(Clone, Copy, Debug, Serialize)]
pub(crate) struct Named<'a> {
    pub(crate) id: u64,
    pub(crate) name: &'a str,
}

pub(crate) const STARTING_ID: u64 = 129_626;
const STARTING_NAME: &str = "Win The Customer, LLC";
const STARTING_TEMPLATE: u64 = 5;
/// Number and name of the templates, and when the vendor made them.
const TEMPLATES: [(u64, &str, &str); 2] =
    [(5, "Department", "2014-08-05T20:11:28+00:00"), (6, "Business Unit", "2015-09-08T20:34:55+00:00")];
const KEY_LENGTH: usize = 32;

/// `POST /container/{container_id}/children`
pub(crate) const CREATE_CHILD: Members = &[
    ("name", Type::Text),
    ("description", Type::Text),
    ("template_id", Type::Id),
    ("allowed_domain_names", Type::Texts),
    (
        "user",
        Type::Object(&[
            ("first_name", Type::Text),
            ("last_name", Type::Text),
            ("email", Type::Text),
            ("username", Type::Text),
            ("access_roles", Type::Objects(&[("id", Type::Id)])),
        ]),
    ),
];

/// A container; the first one has no parent.
#[derive(Debug)]
pub(crate) struct Container {
    id: u64,
    name: String,
    description: Option<String>,
    parent_id: Option<u64>,
    template_id: u64,
    public_id: String,
    ekey: String,
    allowed_domain_names: Vec<String>,
}

/// The one container an account starts with.
pub(crate) fn starting(random: &mut Random) -> Register<Container> {
    let mut containers = Register::starting_at(STARTING_ID);
    containers.add(|id| Container {
        id,
        name: STARTING_NAME.to_owned(),
        description: None,
        parent_id: None,
        template_id: STARTING_TEMPLATE,
        public_id: random.word(KEY_LENGTH),
        ekey: random.word(KEY_LENGTH),
        allowed_domain_names: Vec::new(),
    });
    containers
}

impl Container {
    fn view(&self) -> Value {
        let mut view = self.child_view();
        view["ekey"] = self.ekey.clone().into();
        view
    }

    /// Lists of children show no `ekey`.
    fn child_view(&self) -> Value {
        let mut view = json!({
            "id": self.id,
            "public_id": self.public_id,
            "name": self.name,
            "parent_id": self.parent_id.unwrap_or_default(),
            "template_id": self.template_id,
            "has_logo": false,
            "is_active": true,
        });
        if let Some(description) = &self.description {
            view["description"] = description.clone().into();
        }
        if !self.allowed_domain_names.is_empty() {
            view["allowed_domain_names"] = self.allowed_domain_names.clone().into();
        }
        view
    }
}

impl Account {
    fn container(&self, call: &Call) -> Result<&Container, Refusal> {
        self.containers.get(call.id(0)).ok_or_else(|| Refusal::not_found("container"))
    }

    /// The container a body names, or the first one.
    pub(crate) fn container_id(&self, call: &Call) -> Result<u64, Refusal> {
        match call.body.id("container.id") {
            None => Ok(STARTING_ID),
            Some(id) => self.containers.get(id).map(|container| container.id).ok_or_else(|| Refusal::not_found("container")),
        }
    }

    /// As lists and requests show it.
    pub(crate) fn container_summary(&self, id: u64) -> Named<'_> {
        Named { id, name: self.containers.get(id).map_or("", |container| &container.name) }
    }

    /// As Order info shows it.
    pub(crate) fn container_in_order(&self, id: u64) -> Value {
        let mut view = json!(self.container_summary(id));
        view["is_active"] = true.into();
        view
    }
}

/// `GET /container`; a list that has no `page`.
pub(crate) fn list(account: &mut Account, _: &Call) -> Answer {
    let containers: Vec<Value> = account.containers.iter().map(Container::view).collect();
    Ok(Reply::ok(json!({"containers": containers})))
}

/// `GET /container/{container_id}`
pub(crate) fn info(account: &mut Account, call: &Call) -> Answer {
    Ok(Reply::ok(account.container(call)?.view()))
}

/// `GET /container/{container_id}/children`; those right below only, and no list at all where there is none (inferred).
pub(crate) fn children(account: &mut Account, call: &Call) -> Answer {
    let parent = account.container(call)?.id;
    let children: Vec<Value> =
        account.containers.iter().filter(|container| container.parent_id == Some(parent)).map(Container::child_view).collect();
    Ok(Reply::ok(if children.is_empty() { json!({}) } else { json!({"containers": children}) }))
}

/// `POST /container/{container_id}/children`
pub(crate) fn create_child(account: &mut Account, call: &Call) -> Answer {
    account.caller(call).must_administrate()?;
    let parent = account.container(call)?;
    let (parent_id, parent_template) = (parent.id, parent.template_id);
    let mut refusals = Refusals::default();
    let name = refusals.require(call.body.text("name"), "name").to_owned();
    let allowed_domain_names = call.body.texts("allowed_domain_names");
    let template_id = call.body.id("template_id").unwrap_or(parent_template);
    if template(template_id).is_none() {
        refusals.push(Refusal::invalid_value("template_id"));
    }
    let user = refusals.note(account.read_container_user(&call.body));
    refusals.into_result()?;
    let (public_id, ekey) = (account.random.word(KEY_LENGTH), account.random.word(KEY_LENGTH));
    let id = account.containers.add(|id| Container {
        id,
        name,
        description: call.body.text("description").map(str::to_owned),
        parent_id: Some(parent_id),
        template_id,
        public_id,
        ekey,
        allowed_domain_names,
    });
    if let Some(user) = user {
        account.users.add(|user_id| User { id: user_id, container_id: id, ..user });
    }
    Ok(Reply::created(json!({"id": id})))
}

fn template(id: u64) -> Option<Value> {
    let (id, name, created) = TEMPLATES.iter().find(|(known, ..)| *known == id)?;
    Some(json!({"id": id, "name": name, "date_created": created}))
}

/// `GET /container/{container_id}/template`; all of them for every container (inferred).
pub(crate) fn templates(account: &mut Account, call: &Call) -> Answer {
    account.container(call)?;
    let templates: Vec<Value> = TEMPLATES.iter().filter_map(|(id, ..)| template(*id)).collect();
    Ok(Reply::ok(json!({"container_templates": templates})))
}

/// `GET /container/{container_id}/template/{template_id}`
pub(crate) fn template_info(account: &mut Account, call: &Call) -> Answer {
    account.container(call)?;
    let mut view = template(call.id(1)).ok_or_else(|| Refusal::not_found("template"))?;
    view["access_roles"] = users::roles().into();
    Ok(Reply::ok(view))
}

/// `GET /container/{container_id}/role`
pub(crate) fn roles(account: &mut Account, call: &Call) -> Answer {
    account.container(call)?;
    Ok(Reply::ok(json!({"access_roles": users::roles()})))
}
