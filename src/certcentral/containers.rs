//! Containers, which the console calls divisions.

use bon::bon;

use super::{ContainerId, ContainerTemplateId, ContainerUserRequest, check, docs, handle, sent, types};
use crate::{client::call, error::Error};

handle! {
    #[doc(alias = "管理グループ")]
    /// The containers of an account: [`CertCentral::containers`](super::CertCentral::containers).
    Containers
}

#[bon]
impl<'c> Containers<'c> {
    /// Reads the containers of the account (guide p.35). The one without a parent has the `parent_id` 0.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// for container in cc.containers().list().send().await? {
    ///     println!("{}: {:?}, below {:?}", container.id, container.name, container.parent_id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Containers::list)] }))]
    #[builder(builder_type(name = ListContainers, doc { #[doc = docs!(call Containers::list)] }))]
    pub async fn list(self) -> Result<Vec<types::Container>, Error> {
        Ok(call!(self.client, list_containers())?.containers)
    }

    /// Reads one container (vendor page containers/container-info).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such container.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Containers::get)] }))]
    #[builder(builder_type(name = GetContainer, doc { #[doc = docs!(call Containers::get)] }))]
    pub async fn get(self, #[builder(start_fn)] id: ContainerId) -> Result<types::Container, Error> {
        call!(self.client, container_info(&id))
    }

    /// Reads the containers directly below a container, without their enrollment keys (vendor page containers/list-child-containers).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such container.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Containers::children)] }))]
    #[builder(builder_type(name = ListChildContainers, doc { #[doc = docs!(call Containers::children)] }))]
    pub async fn children(self, #[builder(start_fn)] id: ContainerId) -> Result<Vec<types::Container>, Error> {
        Ok(call!(self.client, list_child_containers(&id))?.containers)
    }

    /// Adds a container directly below another (known from public clients). What the service requires besides the name is not documented.
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when the name is empty or the user's address is not an e-mail address; any error that the service
    /// returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Containers::create_child)] }))]
    #[builder(on(String, into))]
    #[builder(builder_type(name = CreateChildContainer, doc { #[doc = docs!(call Containers::create_child)] }))]
    pub async fn create_child(
        self,
        #[builder(start_fn)] parent: ContainerId,
        /// The name.
        #[builder(start_fn)]
        name: String,
        /// The description.
        description: Option<String>,
        /// The template, which decides the features; one of [`templates`](Self::templates).
        template: Option<ContainerTemplateId>,
        /// A user to add with it.
        user: Option<ContainerUserRequest>,
    ) -> Result<types::CreatedContainer, Error> {
        if let Some(address) = user.as_ref().and_then(|user| user.email.as_deref()) {
            check::email("user", address)?;
        }
        let request = sent::ContainerRequest { name: check::filled("name", name)?, description, template_id: template, user };
        call!(self.client, create_child_container(&parent, &request))
    }

    /// Lists the templates that containers below a container can have (known from public clients). A template decides the features of a
    /// container.
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such container.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Containers::templates)] }))]
    #[builder(builder_type(name = ListContainerTemplates, doc { #[doc = docs!(call Containers::templates)] }))]
    pub async fn templates(self, #[builder(start_fn)] id: ContainerId) -> Result<Vec<types::ContainerTemplate>, Error> {
        Ok(call!(self.client, list_container_templates(&id))?.container_templates)
    }

    /// Reads one template, with the roles that users of such a container can have (vendor page containers/template-info).
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when there is no such container or template.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Containers::template)] }))]
    #[builder(builder_type(name = GetContainerTemplate, doc { #[doc = docs!(call Containers::template)] }))]
    pub async fn template(
        self,
        #[builder(start_fn)] id: ContainerId,
        #[builder(start_fn)] template: ContainerTemplateId,
    ) -> Result<types::ContainerTemplate, Error> {
        call!(self.client, container_template_info(&id, &template))
    }

    /// Lists the roles that users of a container can have (vendor page containers/list-container-roles).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::ContainerId;
    ///
    /// for role in cc.containers().roles(ContainerId(5)).send().await? {
    ///     println!("{:?}: {:?}", role.id, role.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_not_found`] when the account has no such container.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Containers::roles)] }))]
    #[builder(builder_type(name = ListContainerRoles, doc { #[doc = docs!(call Containers::roles)] }))]
    pub async fn roles(self, #[builder(start_fn)] id: ContainerId) -> Result<Vec<types::AccessRole>, Error> {
        Ok(call!(self.client, list_container_roles(&id))?.access_roles)
    }
}
