//! Lookups at a DNS server.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::TokioResolver;
use hickory_resolver::config::{NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{Name, RData, RecordType};

use super::{Question, Seen};

const TIMEOUT: Duration = Duration::from_secs(1);
const ATTEMPTS: usize = 2;

/// One DNS server, asked afresh each time.
#[derive(Clone)]
pub(super) struct Resolver(TokioResolver);

impl fmt::Debug for Resolver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Resolver").finish_non_exhaustive()
    }
}

impl Resolver {
    pub(super) fn new(server: SocketAddr) -> Self {
        let mut name_server = NameServerConfig::udp_and_tcp(server.ip());
        for connection in &mut name_server.connections {
            connection.port = server.port();
        }
        let config = ResolverConfig::from_name_servers(vec![name_server]);
        let mut builder = TokioResolver::builder_with_config(config, TokioRuntimeProvider::default());
        let options = builder.options_mut();
        options.cache_size = 0;
        options.timeout = TIMEOUT;
        options.attempts = ATTEMPTS;
        options.use_hosts_file = ResolveHosts::Never;
        Self(builder.build().expect("a server without encryption needs no keys"))
    }

    /// The texts, targets or issuers at a name; nothing where there is no such name.
    pub(super) async fn ask(&self, question: &Question) -> Seen {
        let (name, of) = match question {
            Question::Txt(name) => (name, RecordType::TXT),
            Question::Cname(name) => (name, RecordType::CNAME),
            Question::Caa(name) => (name, RecordType::CAA),
            Question::File(_) => return None,
        };
        let mut name = Name::from_utf8(name).ok()?;
        name.set_fqdn(true);
        match self.0.lookup(name, of).await {
            Ok(found) => Some(found.answers().iter().filter_map(|record| value(&record.data)).collect()),
            Err(error) if error.is_no_records_found() => Some(Vec::new()),
            Err(_) => None,
        }
    }
}

fn value(data: &RData) -> Option<String> {
    match data {
        RData::TXT(txt) => String::from_utf8(txt.txt_data.concat()).ok(),
        RData::CNAME(target) => Some(super::super::absolute(&target.0.to_utf8())),
        RData::CAA(caa) if caa.tag.eq_ignore_ascii_case("issue") => String::from_utf8(caa.value.clone()).ok(),
        _ => None,
    }
}
