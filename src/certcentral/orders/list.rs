//! The orders of an account, narrowed down and sorted.

use bon::bon;

use super::Orders;
use crate::{
    certcentral::{
        CertCentral, CertificateId, ContainerId, DateRange, OrderId, OrderStatus, OrganizationId, Product, Sort, TextFilter, UserId, docs,
        list::{self, list_ends},
        types,
    },
    error::Error,
    page::LARGEST_PAGE,
};

/// The most products that one list can be narrowed down to.
const MOST_PRODUCTS: usize = 10;

/// A list, as it will be asked for.
#[derive(Clone)]
struct Query {
    client: CertCentral,
    status: Option<OrderStatus>,
    search: Option<String>,
    common_name: Option<String>,
    domain_name: Option<String>,
    email: Option<String>,
    serial_number: Option<String>,
    products: Vec<Product>,
    valid_till: Option<String>,
    date_created: Option<String>,
    id: Option<String>,
    certificate: Option<String>,
    container: Option<ContainerId>,
    organization: Option<OrganizationId>,
    user: Option<UserId>,
    custom_field: Option<String>,
    renewed: Option<bool>,
    reminders_off: Option<bool>,
    origin: Option<String>,
    sort: Option<String>,
}

#[bon]
impl<'c> Orders<'c> {
    /// Lists the orders of the account (guide p.45 to p.47, List orders). End it with [`stream`](ListOrders::stream) for all of them, with
    /// [`pages`](ListOrders::pages) for all pages, or with [`send`](ListOrders::send) for one page.
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
    ///     .stream()?;
    /// while let Some(order) = orders.try_next().await? {
    ///     println!("{}", order.id);
    /// }
    /// # Ok(())
    /// # }
    /// ```
    #[builder(finish_fn(name = prepare, vis = ""))]
    #[builder(builder_type(name = ListOrders, doc { #[doc = docs!(list Orders::list)] }))]
    pub fn list(
        self,
        /// Only those in this state. `Issued` finds expired ones too.
        status: Option<OrderStatus>,
        /// Only those with this common name or e-mail address.
        #[builder(into)]
        search: Option<TextFilter>,
        /// Only those with this common name.
        #[builder(into)]
        common_name: Option<TextFilter>,
        /// Only those with this name among all names of the certificate.
        #[builder(into)]
        domain_name: Option<TextFilter>,
        /// Only those with this e-mail address.
        #[builder(into)]
        email: Option<TextFilter>,
        /// Only those whose certificate has this serial number.
        #[builder(into)]
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
        /// Only the one of this certificate.
        certificate: Option<CertificateId>,
        /// Only those of a container.
        container: Option<ContainerId>,
        /// Only those of an organization.
        organization: Option<OrganizationId>,
        /// Only those of a user.
        user: Option<UserId>,
        /// Only those with a value in this custom field, by its `metadata_id`.
        custom_field: Option<u64>,
        /// Only those that were renewed, or were not.
        renewed: Option<bool>,
        /// Only those whose reminders of the renewal are left out, or are not.
        reminders_off: Option<bool>,
        /// Only those of this origin: `certcentral` or `migrated`.
        #[builder(into)]
        origin: Option<String>,
        /// What to sort by.
        #[builder(into)]
        sort: Option<Sort>,
        /// The most items of a page; the service's own limit is 1000.
        #[builder(default = LARGEST_PAGE)]
        page_size: u32,
        /// How many items to skip.
        #[builder(default)]
        offset: u64,
    ) -> Result<(Query, u64, u32), Error> {
        let text = |field, search: Option<TextFilter>| search.map(|search| search.checked(field).map(str::to_owned)).transpose();
        let span = |field, dates: Option<DateRange>| dates.map(|dates| dates.checked(field)).transpose();
        if products.len() > MOST_PRODUCTS {
            return Err(Error::invalid("products", format!("{}; a list can be narrowed down to {MOST_PRODUCTS}", products.len())));
        }
        let query = Query {
            client: self.client.clone(),
            status,
            search: text("search", search)?,
            common_name: text("common_name", common_name)?,
            domain_name: text("domain_name", domain_name)?,
            email: text("email", email)?,
            serial_number: text("serial_number", serial_number)?,
            products,
            valid_till: span("expiring", expiring)?,
            date_created: span("created", created)?,
            id: id.map(|id| id.to_string()),
            certificate: certificate.map(|id| id.to_string()),
            container,
            organization,
            user,
            custom_field: custom_field.map(|id| id.to_string()),
            renewed,
            reminders_off,
            origin,
            sort: sort.map(|sort| sort.to_string()),
        };
        Ok((query, offset, page_size.clamp(1, LARGEST_PAGE)))
    }
}

list_ends!(ListOrders in list_orders: OrderList of orders: ListedOrder);

impl Query {
    async fn fetch(&self, offset: u64, size: u32) -> Result<types::OrderList, Error> {
        // One product is asked for by the plain filter, several by the numbered ones.
        let one = if let [product] = &self.products[..] { Some(product.id()) } else { None };
        let several = |index: usize| self.products.get(index).filter(|_| one.is_none()).map(Product::id);
        let number = |flag: Option<bool>| flag.map(|flag| if flag { "1" } else { "0" });
        let call = self.client.call();
        let answer = call
            .list_orders(
                self.container.as_ref(),
                self.certificate.as_deref(),
                self.common_name.as_deref(),
                None,
                self.date_created.as_deref(),
                number(self.reminders_off),
                self.domain_name.as_deref(),
                self.email.as_deref(),
                self.id.as_deref(),
                number(self.renewed),
                self.custom_field.as_deref(),
                None,
                self.origin.as_deref(),
                one,
                several(0),
                several(1),
                several(2),
                several(3),
                several(4),
                several(5),
                several(6),
                several(7),
                several(8),
                several(9),
                self.search.as_deref(),
                self.serial_number.as_deref(),
                self.status.as_ref().map(OrderStatus::as_str),
                None,
                self.valid_till.as_deref(),
                Some(size.into()),
                list::offset(offset),
                self.organization.as_ref(),
                self.sort.as_deref(),
                self.user.as_ref(),
            )
            .await;
        call.lift(answer).await
    }
}
