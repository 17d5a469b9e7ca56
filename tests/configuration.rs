//! Settings as configuration, and results as what is stored of them.
#![cfg(feature = "certcentral")]
#![allow(clippy::unwrap_used, reason = "what a test cannot read fails the test")]

use std::time::Duration;

use serde_json::{from_value, json, to_value};
use shomei::{
    Error, ErrorKind, Polling, RateLimit, RetryPolicy,
    certcentral::{Plan, Product, Region, Validity},
};

const SECOND: Duration = Duration::from_secs(1);

#[test]
fn settings_are_read_with_durations_in_words() {
    let retry: RetryPolicy = from_value(json!({"max_attempts": 8, "max_backoff": "1m"})).unwrap();
    assert_eq!(retry, RetryPolicy::default().max_attempts(8).max_backoff(60 * SECOND));
    assert_eq!(from_value::<RetryPolicy>(json!({})).unwrap(), RetryPolicy::default());
    assert_eq!(from_value::<Polling>(json!({"initial": "500ms"})).unwrap(), Polling::exponential(SECOND / 2, 60 * SECOND));
    assert_eq!(from_value::<RateLimit>(json!({"limit": 100, "window": "5s"})).unwrap(), RateLimit::new(100, 5 * SECOND));
    assert_eq!(from_value::<Region>(json!("europe")).unwrap(), Region::Europe);
    assert_eq!(from_value::<Plan>(json!({"years": 2})).unwrap(), Plan::years(2));
    assert_eq!(from_value::<Validity>(json!({"until": "2026-12-24"})).unwrap().to_string(), "until 2026-12-24");
}

#[test]
fn what_is_written_is_read_as_the_same() {
    fn again<T: serde::Serialize + serde::de::DeserializeOwned + PartialEq + std::fmt::Debug>(value: T) {
        assert_eq!(from_value::<T>(to_value(&value).unwrap()).unwrap(), value);
    }
    again(RetryPolicy::never().initial_backoff(SECOND / 4));
    again(Polling::fixed(90 * SECOND));
    again(RateLimit::new(1000, 180 * SECOND));
    again(Region::UnitedStates);
    again(Plan::days(400));
    again(Product::SECURE_SITE_OV);
    again(Product::by_type_hint("ov"));
    #[cfg(feature = "pocketsign")]
    {
        again(shomei::pocketsign::Environment::Test);
        again(shomei::pocketsign::Freshness::SameDay);
    }
}

#[test]
fn a_member_that_is_none_is_refused() {
    let refused = |outcome: Result<(), serde_json::Error>| outcome.unwrap_err().to_string();
    for (given, words) in [
        (json!({"max_attemps": 8}), "unknown field `max_attemps`"),
        (json!({"max_backoff": 60}), "expected a string"),
        (json!({"max_backoff": "soon"}), "is not a duration such as \"30s\""),
    ] {
        let told = refused(from_value::<RetryPolicy>(given).map(drop));
        assert!(told.contains(words), "{told}");
    }
    assert!(refused(from_value::<Polling>(json!({"first": "5s"})).map(drop)).contains("unknown field"));
}

#[tokio::test]
async fn an_error_is_a_sentence_and_its_causes_stand_below_it() {
    let nowhere = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let client = shomei::CertCentral::builder(shomei::ApiKey::new("KEY").unwrap()).base_url(format!("http://{nowhere}/services/v2"));
    let cc = client.retry(RetryPolicy::never()).build().unwrap();
    let error: Error = cc.users().me().send().await.unwrap_err();
    assert_eq!((error.kind(), error.to_string()), (ErrorKind::Connection, "user_me: could not connect".to_owned()));
    let (in_one_line, for_main, members) = (format!("{error:#}"), format!("{error:?}"), format!("{error:#?}"));
    assert!(in_one_line.starts_with("user_me: could not connect: ") && !in_one_line.contains('\n'), "{in_one_line}");
    assert!(for_main.starts_with("user_me: could not connect\ncaused by: "), "{for_main}");
    assert!(members.contains("kind: Connection") && members.contains("attempts: 1"), "{members}");
    assert_eq!(format!("{:?}", error.clone()), for_main);
}

/// JSON Schemas allow what is written and refuse what is not read.
#[cfg(all(feature = "schemars", feature = "sandbox"))]
mod schemas {
    use futures_util::TryStreamExt as _;
    use schemars::{JsonSchema, schema_for};
    use serde::Serialize;
    use serde_json::Value;
    use shomei::{
        Sandbox,
        certcentral::{OrderStatus, flow::ExpiringOrder, types},
        pocketsign::{Environment, Freshness, HashAlgorithm, SignInOutcome, SignedData, freshness::FreshStatus},
        sandbox::PersonDetails,
    };

    use super::*;

    fn allows<T: JsonSchema>(value: &Value) -> bool {
        jsonschema::validator_for(schema_for!(T).as_value()).unwrap().is_valid(value)
    }

    fn fits<T: JsonSchema + Serialize>(value: &T) {
        let schema = schema_for!(T);
        let value = to_value(value).unwrap();
        let errors: Vec<_> =
            jsonschema::validator_for(schema.as_value()).unwrap().iter_errors(&value).map(|error| error.to_string()).collect();
        assert!(errors.is_empty(), "{errors:#?}\n{value:#}\n{:#}", schema.as_value());
    }

    #[test]
    fn of_settings() {
        fits(&RetryPolicy::default());
        fits(&Polling::default());
        fits(&RateLimit::new(100, 5 * SECOND));
        fits(&Region::Europe);
        fits(&Plan::years(3));
        fits(&Product::SECURE_SITE_OV);
        fits(&Product::by_type_hint("ov"));
        fits(&Environment::Mock);
        fits(&Freshness::Now);
        for (is_allowed, value) in [
            (allows::<RetryPolicy>(&json!({"max_attempts": 8, "max_backoff": "1m"})), true),
            (allows::<RetryPolicy>(&json!({"max_attemps": 8})), false),
            (allows::<RetryPolicy>(&json!({"max_backoff": 60})), false),
            (allows::<Polling>(&json!({})), true),
            (allows::<Polling>(&json!({"first": "5s"})), false),
            (allows::<Region>(&json!("asia")), false),
            (allows::<Product>(&json!({"hint": "ov"})), false),
            (allows::<OrderStatus>(&json!("a status of tomorrow")), true),
            (allows::<OrderStatus>(&json!(5)), false),
        ] {
            assert_eq!(is_allowed, value);
        }
    }

    #[tokio::test]
    async fn of_results_and_documents() {
        let sandbox = Sandbox::with_example_account();
        let cc = sandbox.certcentral().unwrap();
        let expiring: Vec<ExpiringOrder> = cc.orders().expiring(30).stream().try_collect().await.unwrap();
        assert!(!expiring.is_empty());
        expiring.iter().for_each(fits::<ExpiringOrder>);
        let orders: Vec<types::ListedOrder> = cc.orders().list().stream().try_collect().await.unwrap();
        for order in orders {
            fits(&order);
            fits(&cc.orders().get(order.id).send().await.unwrap());
        }
        fits(&cc.users().me().send().await.unwrap());
        fits(&cc.domains().list().include_validation(true).send().await.unwrap());

        let ps = sandbox.pocketsign().unwrap();
        let card = sandbox.jpki().card(PersonDetails::default());
        let (digest, signature) = card.authentication.sign(b"a challenge");
        let signed = SignedData::new(card.authentication.der(), HashAlgorithm::Sha256, digest, signature).unwrap();
        let SignInOutcome::New(person) = ps.sign_in(signed).send().await.unwrap() else { panic!("a new user") };
        let check = ps.certificates().check_status(person.certificate.unwrap()).fresh(Freshness::Now).send().await;
        let fresh: FreshStatus = check.unwrap();
        fits(&fresh.status);
        fits(&fresh);
    }
}
