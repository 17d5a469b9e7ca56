//! Products: what the account may order.

use bon::bon;

use super::{ContainerId, Product, check, docs, handle, types};
use crate::{client::call, error::Error};

handle! {
    #[doc(alias = "製品")]
    /// The products of an account: [`CertCentral::products`](super::CertCentral::products).
    Products
}

#[bon]
impl<'c> Products<'c> {
    /// Reads the products that the account may order (vendor page product-list).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// for product in cc.products().list().send().await? {
    ///     println!("{:?}: {:?}", product.name_id, product.name);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Any error that the service returns.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Products::list)] }))]
    #[builder(builder_type(name = ListProducts, doc { #[doc = docs!(call Products::list)] }))]
    pub async fn list(self) -> Result<Vec<types::ProductDetails>, Error> {
        Ok(call!(self.client, list_products())?.products)
    }

    /// Reads one product: its possible validities, what an order for it may have, and the server software it supports (vendor page
    /// product-info).
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral) -> Result<(), shomei::Error> {
    /// use shomei::certcentral::Product;
    ///
    /// let product = cc.products().get(Product::SECURE_SITE_OV).send().await?;
    /// println!("{:?} years at most", product.allowed_validity_years.iter().max());
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// [`Error::is_invalid_input`] when its identifier is not allowed in a URL;
    /// [`ErrorCode::NotFoundProduct`](super::ErrorCode::NotFoundProduct) when there is no such product.
    #[builder(finish_fn(name = send, doc { #[doc = docs!(send Products::get)] }))]
    #[builder(builder_type(name = GetProduct, doc { #[doc = docs!(call Products::get)] }))]
    pub async fn get(
        self,
        #[builder(start_fn)] product: Product,
        /// Reads the product as this container may order it.
        container: Option<ContainerId>,
    ) -> Result<types::ProductDetails, Error> {
        let id = check::path_segment("product", product.id())?;
        call!(self.client, product_info(&id, container.as_ref()))
    }
}
