//! The page for people: what it shows, what its buttons do, and who may press them.

use std::{path::Path, process::Stdio, time::Duration};

use bytes::Bytes;
use http::{Request, Response};
use serde_json::json;
use shomei::{
    Sandbox,
    sandbox::{ApprovalMode, PersonDetails},
};
use tokio::{process::Command, time::timeout};

use crate::{
    door::{Doors, code},
    foreign::serve,
};

const HERE: &str = "http://localhost:8089";
/// Two browsers have to start, and everybody is busy.
const PATIENCE: Duration = Duration::from_secs(300);

/// A form of the page: where it goes, and its fields.
#[derive(Debug)]
struct Form {
    action: String,
    fields: Vec<(String, String)>,
    label: String,
}

async fn get(sandbox: &Sandbox, language: &str) -> Response<Bytes> {
    let request = Request::get("/").header("host", "localhost:8089").header("accept-language", language);
    sandbox.handle(request.body(Bytes::new()).unwrap()).await
}

async fn html(sandbox: &Sandbox) -> String {
    let response = get(sandbox, "en").await;
    assert_eq!(response.status(), 200);
    String::from_utf8(response.into_body().to_vec()).unwrap()
}

/// The forms of the item of a section with a heading.
fn forms(html: &str, section: &str, heading: &str) -> Vec<Form> {
    let (_, rest) = html.split_once(&format!("<section id=\"{section}\">")).expect("the section");
    let (section, _) = rest.split_once("</section>").expect("its end");
    let (_, rest) = section.split_once(&format!("<h3>{heading}</h3>")).unwrap_or_else(|| panic!("{heading} in {section}"));
    let item = rest.split("<h3>").next().unwrap();
    let between = |text: &str, start: &str, end: &str| text.split_once(start).unwrap().1.split_once(end).unwrap().0.to_owned();
    let read = |form: &str| Form {
        action: between(form, "action=\"", "\""),
        fields: form.split("<input ").skip(1).map(|input| (between(input, "name=\"", "\""), between(input, "value=\"", "\""))).collect(),
        label: between(form, "<button>", "</button>"),
    };
    item.split("<form ").skip(1).map(read).collect()
}

fn post(form: &Form, headers: &[(&str, &str)]) -> Request<Bytes> {
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(&form.fields).finish();
    let request = Request::post(&form.action).header("content-type", "application/x-www-form-urlencoded");
    headers.iter().fold(request, |request, (name, value)| request.header(*name, *value)).body(Bytes::from(body)).unwrap()
}

/// Presses a button.
async fn press(sandbox: &Sandbox, section: &str, heading: &str, label: &str) {
    let forms = forms(&html(sandbox).await, section, heading);
    let form = forms.iter().find(|form| form.label == label).unwrap_or_else(|| panic!("{label} among {forms:?}"));
    let response = sandbox.handle(post(form, &[("host", "localhost:8089"), ("origin", HERE)])).await;
    assert_eq!((response.status().as_u16(), response.headers()["location"].to_str().unwrap()), (303, "/"));
}

#[tokio::test]
async fn the_main_story_by_buttons_alone() {
    let doors = Doors::to(Sandbox::builder().example_account().approval(ApprovalMode::TwoStep).build());
    press(&doors.sandbox, "domains", "example.net", "Publish").await;
    let page = html(&doors.sandbox).await;
    assert!(page.contains("published"), "{page}");
    press(&doors.sandbox, "domains", "example.net", "Check now").await;
    press(&doors.sandbox, "requests", "api.example.com", "Approve").await;
    let order = doors.order("two.example.com").await;
    press(&doors.sandbox, "requests", "two.example.com", "Review").await;
    press(&doors.sandbox, "requests", "two.example.com", "Approve").await;
    assert_eq!(doors.status(&order["id"]).await, "issued");
    let pem = doors.sandbox.certificate_of(order["id"].as_u64().unwrap()).unwrap();
    let path = format!("/_sandbox/orders/{}/certificate", order["id"]);
    assert!(html(&doors.sandbox).await.contains(&path));
    // As the browser follows a link of the page.
    let request = Request::get(&path).header("host", "localhost:8089").header("sec-fetch-site", "same-origin");
    let file = doors.sandbox.handle(request.body(Bytes::new()).unwrap()).await;
    assert_eq!((file.status().as_u16(), file.body()), (200, &Bytes::from(pem)));

    doors.add_domain("mail.example", "email").await;
    press(&doors.sandbox, "mails", "[Domain Approval] ドメイン名の利用権確認のお願い: mail.example", "Follow the link").await;
    doors.add_domain("file.example", "http-token").await;
    press(&doors.sandbox, "domains", "file.example", "Publish").await;
    press(&doors.sandbox, "domains", "file.example", "Check now").await;
    press(&doors.sandbox, "organizations", "TEST ORG 20200318-3", "Validate").await;
    let page = html(&doors.sandbox).await;
    assert_eq!(page.matches("Check now").count(), 0, "nothing waits any more: {page}");
}

#[tokio::test]
async fn what_is_not_possible_is_told_on_the_page() {
    let doors = Doors::to(Sandbox::builder().example_account().build());
    let form = forms(&html(&doors.sandbox).await, "domains", "example.net").into_iter().find(|form| form.label == "Check now").unwrap();
    let response = doors.sandbox.handle(post(&form, &[("host", "localhost:8089"), ("sec-fetch-site", "same-origin")])).await;
    let status = response.status();
    let page = String::from_utf8(response.into_body().to_vec()).unwrap();
    assert!(status == 409 && page.contains("role=\"alert\"") && page.contains("invalid_dns_txt"), "{status} {page}");
}

#[tokio::test]
async fn only_the_page_itself_presses_its_buttons() {
    let sandbox = Sandbox::with_example_account();
    let form =
        || async { forms(&html(&sandbox).await, "requests", "api.example.com").into_iter().find(|form| form.label == "Approve").unwrap() };
    let host = ("host", "localhost:8089");
    for headers in [
        &[host][..],
        &[host, ("origin", "http://attacker.example")],
        &[host, ("origin", "null")],
        &[host, ("origin", "http://localhost:3000"), ("sec-fetch-site", "same-site")],
        &[host, ("sec-fetch-site", "none")],
        &[host, ("sec-fetch-site", "cross-site")],
        &[host, ("origin", HERE), ("sec-fetch-site", "cross-site")],
        &[("host", "attacker.example:8089"), ("origin", "http://attacker.example:8089"), ("sec-fetch-site", "same-origin")],
    ] {
        let refused = sandbox.handle(post(&form().await, headers)).await;
        assert_eq!(refused.status(), 403, "{headers:?}");
        assert!(code(&refused).starts_with("access_denied|"), "and the page is not shown to others");
    }
    let ours = [host, ("origin", HERE)];
    for (field, value) in [("_token", ""), ("_token", "guessed"), ("_method", "")] {
        let mut form = form().await;
        form.fields.iter_mut().filter(|(name, _)| name == field).for_each(|(_, given)| value.clone_into(given));
        assert_eq!(sandbox.handle(post(&form, &ours)).await.status(), 403, "{field}={value}");
    }
    let mut without = form().await;
    without.fields.retain(|(name, _)| name != "_token");
    assert_eq!(sandbox.handle(post(&without, &ours)).await.status(), 403);
    let of_another_run = forms(&html(&Sandbox::with_example_account()).await, "requests", "api.example.com").remove(0);
    assert_eq!(sandbox.handle(post(&of_another_run, &ours)).await.status(), 403);
    assert!(html(&sandbox).await.contains("Approve"), "nothing was done");
    assert_eq!(sandbox.handle(post(&form().await, &ours)).await.status(), 303);
    assert!(!html(&sandbox).await.contains(">Approve<"));
}

#[tokio::test]
async fn it_is_shown_to_no_other_site_and_runs_no_script() {
    let sandbox =
        Sandbox::builder().card(PersonDetails { name: "<script>alert('x')</script>".to_owned(), ..PersonDetails::default() }).build();
    sandbox.handle(Request::get("/services/v2/order/%3Cscript%3E?a=%3Cscript%3E").body(Bytes::new()).unwrap()).await;
    let response = get(&sandbox, "en").await;
    let headers = response.headers().clone();
    assert!(headers["content-security-policy"].to_str().unwrap().starts_with("default-src 'none'"));
    assert_eq!(
        (&headers["x-frame-options"], &headers["cache-control"], &headers["vary"]),
        (&"DENY".parse::<http::HeaderValue>().unwrap(), &"no-store".parse().unwrap(), &"accept-language".parse().unwrap(),)
    );
    assert!(headers.keys().all(|name| !name.as_str().starts_with("access-control")));
    let page = String::from_utf8(response.into_body().to_vec()).unwrap();
    assert!(!page.contains("<script") && page.contains("&lt;script&gt;"), "{page}");

    let rebound = Request::get("/").header("host", "attacker.example:8089").body(Bytes::new()).unwrap();
    assert_eq!(sandbox.handle(rebound).await.status(), 403, "its token is for nobody else");
    let style = Request::get("/_page/style.css").header("host", "localhost").body(Bytes::new()).unwrap();
    assert_eq!(sandbox.handle(style).await.headers()["content-type"], "text/css");
    assert!(sandbox.exchanges().len() == 1, "looking at the page is no exchange");
}

#[tokio::test]
async fn it_speaks_english_and_japanese() {
    let doors = Doors::to(Sandbox::with_example_account());
    doors.done("POST", "/orders", Some(json!({"count": 60, "common_name": "n{n}.example.com"}))).await;
    for (language, lang, words) in
        [("en-US,ja;q=0.5", "en", "Waits for this DNS record"), ("ja,en;q=0.5", "ja", "次の DNS レコードを待っています")]
    {
        let response = get(&doors.sandbox, language).await;
        let page = String::from_utf8(response.into_body().to_vec()).unwrap();
        assert!(page.contains(&format!("<html lang=\"{lang}\">")) && page.contains(words), "{page}");
        assert!(!page.contains("n1.example.com") && page.contains("n60.example.com"), "the newest only");
    }
}

/// The same in a real browser, in both languages; its pictures stay in the folder of the tests.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_browser_clicks_the_main_story_through() {
    let found = |program: &'static str| async move {
        Command::new(program).arg("--version").output().await.is_ok_and(|output| output.status.success())
    };
    let mut browser = None;
    for name in ["chromium", "chromium-browser", "google-chrome"] {
        if browser.is_none() && found(name).await {
            browser = Some(name);
        }
    }
    let (Some(browser), true) = (browser, found("node").await) else {
        eprintln!("LEFT OUT: clicking through the page: there is no chromium, or no node");
        return;
    };
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/control/click.mjs");
    for language in ["en", "ja"] {
        let (address, _stop) = serve(Sandbox::with_example_account()).await;
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("page-{language}"));
        let mut program = Command::new("node");
        program.arg(&script).args([browser, &format!("http://{address}/"), language]).arg(folder).stdin(Stdio::null()).kill_on_drop(true);
        let output = timeout(PATIENCE, program.output()).await.expect("it ends").unwrap();
        let (printed, errors) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(output.status.success() && printed.contains("2 certificates"), "{language}: {printed}\n{errors}");
    }
}
