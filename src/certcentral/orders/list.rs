//! The orders of an account, filtered and sorted.

use bon::bon;

use super::Orders;
use crate::{
    certcentral::{
        CertCentral, CertificateId, ContainerId, CustomFieldId, DateRange, OrderId, OrderStatus, OrganizationId, Product, Sort, TextFilter,
        UserId, docs,
        list::{self, list_ends},
        queries,
    },
    error::Error,
    page::LARGEST_PAGE,
};

/// The most products that one list can be filtered by.
const MOST_PRODUCTS: usize = 10;

#[bon]
impl<'c> Orders<'c> {
    /// Lists the orders of the account (guide p.45 to p.47, List orders). Finish it with [`stream`](ListOrders::stream) for all orders,
    /// with [`pages`](ListOrders::pages) for all pages, or with [`send`](ListOrders::send) for one page.
    ///
    /// ```no_run
    /// # async fn example(cc: shomei::CertCentral, day: chrono::NaiveDate) -> Result<(), shomei::Error> {
    /// use futures_util::TryStreamExt as _;
    /// use shomei::certcentral::{DateRange, TextFilter, OrderSort, OrderStatus};
    ///
    /// let mut orders = cc.orders().list()
    ///     .status(OrderStatus::Issued)
    ///     .common_name(TextFilter::suffix("example.com"))
    ///     .expiring(DateRange::before(day))
    ///     .sort(OrderSort::DateValidTill.descending())
    ///     .stream();
    /// while let Some(order) = orders.try_next().await? {
    ///     println!("{}", order.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(on(Sort, into), on(String, into), on(TextFilter, into))]
    #[builder(builder_type(name = ListOrders, doc { #[doc = docs!(list Orders::list)] }))]
    pub fn list(
        self,
        /// Only those in this state. `Issued` matches expired ones too.
        status: Option<OrderStatus>,
        /// Only those with this common name or e-mail address.
        search: Option<TextFilter>,
        /// Only those with this common name.
        common_name: Option<TextFilter>,
        /// Only those with this name among all names of the certificate.
        domain_name: Option<TextFilter>,
        /// Only those with this e-mail address.
        email: Option<TextFilter>,
        /// Only those whose certificate has this serial number.
        serial_number: Option<TextFilter>,
        /// Only those of one of these products, ten at most.
        #[builder(default, with = |products: impl IntoIterator<Item = Product>| products.into_iter().collect())]
        products: Vec<Product>,
        /// Only those whose certificate ends within these days.
        expiring: Option<DateRange>,
        /// Only those placed within these days.
        created: Option<DateRange>,
        /// Only the one with this id.
        id: Option<OrderId>,
        /// Only the one with this certificate.
        certificate: Option<CertificateId>,
        /// Only those of a container.
        container: Option<ContainerId>,
        /// Only those of an organization.
        organization: Option<OrganizationId>,
        /// Only those of a user.
        user: Option<UserId>,
        /// Only those with a value in this custom field, by its `metadata_id`.
        custom_field: Option<CustomFieldId>,
        /// Only those that were renewed, or were not.
        renewed: Option<bool>,
        /// Only those with renewal reminders turned off, or on.
        reminders_off: Option<bool>,
        /// Only those of this origin: `certcentral` or `migrated`.
        origin: Option<String>,
        /// What to sort by.
        sort: Option<Sort>,
        /// The maximum number of items per page; the service's limit is 1000.
        #[builder(default = LARGEST_PAGE)]
        page_size: u32,
        /// How many items to skip.
        #[builder(default)]
        offset: u64,
    ) -> Result<(CertCentral, queries::ListOrders), Error> {
        let text = |field, search: Option<TextFilter>| search.map(|search| search.checked(field).map(str::to_owned)).transpose();
        let span = |field, dates: Option<DateRange>| dates.map(|dates| dates.checked(field)).transpose();
        let number = |flag: Option<bool>| flag.map(|flag| if flag { "1" } else { "0" }.to_owned());
        if products.len() > MOST_PRODUCTS {
            return Err(Error::invalid(
                "products",
                format!("{} products; a list can be filtered by at most {MOST_PRODUCTS}", products.len()),
            ));
        }
        let mut query = queries::ListOrders {
            filters_status: status.map(|status| status.to_string()),
            filters_search: text("search", search)?,
            filters_common_name: text("common_name", common_name)?,
            filters_domain_name: text("domain_name", domain_name)?,
            filters_email: text("email", email)?,
            filters_serial_number: text("serial_number", serial_number)?,
            filters_valid_till: span("expiring", expiring)?,
            filters_date_created: span("created", created)?,
            filters_id: id.map(|id| id.to_string()),
            filters_certificate_id: certificate.map(|id| id.to_string()),
            container_id: container,
            organization_id: organization,
            user_id: user,
            filters_metadata_id: custom_field.map(|id| id.to_string()),
            filters_is_renewed: number(renewed),
            filters_disable_renewal_notifications: number(reminders_off),
            filters_origin: origin,
            sort: sort.map(|sort| sort.to_string()),
            limit: list::limit(page_size),
            offset: list::offset(offset),
            ..Default::default()
        };
        narrow(&mut query, &products);
        Ok((self.client.clone(), query))
    }
}

list_ends!(ListOrders in list_orders by list_orders_by: OrderList of orders: ListedOrder);

/// One product uses the plain filter, several use the numbered ones.
fn narrow(query: &mut queries::ListOrders, products: &[Product]) {
    if let [product] = products {
        query.filters_product_name_id = Some(product.id().to_owned());
        return;
    }
    let numbered: [_; MOST_PRODUCTS] = [
        &mut query.filters_product_name_id_0,
        &mut query.filters_product_name_id_1,
        &mut query.filters_product_name_id_2,
        &mut query.filters_product_name_id_3,
        &mut query.filters_product_name_id_4,
        &mut query.filters_product_name_id_5,
        &mut query.filters_product_name_id_6,
        &mut query.filters_product_name_id_7,
        &mut query.filters_product_name_id_8,
        &mut query.filters_product_name_id_9,
    ];
    for (filter, product) in numbered.into_iter().zip(products) {
        *filter = Some(product.id().to_owned());
    }
}
