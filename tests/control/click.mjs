// Clicks the main story through on the page for people, in a headless browser that is driven by its own protocol: no package is needed.
// Arguments: the browser, the URL of the page, the language, a folder for pictures and downloads. Prints what it saw; fails where it did not.
import { spawn } from "node:child_process";
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";

const [browser, url, language, folder] = process.argv.slice(2);
rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
const WORDS = {
  en: { publish: "Publish", check: "Check now", approve: "Approve", validated: "validated until", issued: "issued", download: "Download" },
  ja: { publish: "公開する", check: "今すぐ確認", approve: "承認する", validated: "認証の有効期限", issued: "発行済み", download: "ダウンロード" },
}[language];

const chromium = spawn(browser, [
  "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--remote-debugging-pipe", "--no-first-run",
  `--user-data-dir=${join(folder, "profile")}`,
], { stdio: ["ignore", "ignore", "ignore", "pipe", "pipe"] });
const [to, from] = [chromium.stdio[3], chromium.stdio[4]];
const waiting = new Map();
let received = "", number = 0, loads = 0;
from.on("data", (data) => {
  received += data;
  for (let end; (end = received.indexOf("\0")) >= 0; received = received.slice(end + 1)) {
    const message = JSON.parse(received.slice(0, end));
    if (message.method === "Page.loadEventFired") loads += 1;
    const { resolve, reject } = waiting.get(message.id) ?? {};
    if (resolve) message.error ? reject(new Error(message.error.message)) : resolve(message.result);
  }
});
let sessionId;
function send(method, params = {}) {
  number += 1;
  const call = new Promise((resolve, reject) => waiting.set(number, { resolve, reject }));
  to.write(JSON.stringify({ id: number, method, params, sessionId }) + "\0");
  return call;
}
async function until(what, seen) {
  for (const end = Date.now() + 60_000; Date.now() < end; await sleep(50)) {
    const found = await seen();
    if (found) return found;
  }
  throw new Error(`never seen: ${what}`);
}
async function evaluate(expression) {
  const { result, exceptionDetails } = await send("Runtime.evaluate", { expression, returnByValue: true });
  if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
  return result.value;
}
// The item of a section whose heading is this.
const item = (section, name) => `[...document.querySelectorAll("#${section} li")].find((li) => li.querySelector("h3")?.textContent === "${name}")`;
const text = (section, name) => evaluate(`${item(section, name)}?.innerText ?? ""`);
// Clicks where the button is, as a person does.
async function click(section, name, label, loading = true) {
  const before = loads;
  const { x, y } = await evaluate(`(() => {
    const button = [...${item(section, name)}.querySelectorAll("button, a")].find((each) => each.textContent.includes("${label}"));
    button.scrollIntoView({ block: "center" });
    const box = button.getBoundingClientRect();
    return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  })()`);
  for (const type of ["mousePressed", "mouseReleased"]) {
    await send("Input.dispatchMouseEvent", { type, x, y, button: "left", clickCount: 1 });
  }
  if (loading) await until(`the page after ${label}`, () => loads > before);
}
async function picture(name, width) {
  await send("Emulation.setDeviceMetricsOverride", { width, height: 900, deviceScaleFactor: 1, mobile: width < 600 });
  const overflows = await evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth");
  if (overflows) throw new Error(`${name}: wider than the screen of ${width} pixels`);
  const { data } = await send("Page.captureScreenshot", { captureBeyondViewport: true });
  writeFileSync(join(folder, `${name}.png`), Buffer.from(data, "base64"));
}

try {
  await send("Browser.setDownloadBehavior", { behavior: "allow", downloadPath: folder });
  const { targetId } = await send("Target.createTarget", { url: "about:blank" });
  ({ sessionId } = await send("Target.attachToTarget", { targetId, flatten: true }));
  await send("Page.enable");
  await send("Emulation.setUserAgentOverride", { userAgent: "", acceptLanguage: language });
  await send("Page.navigate", { url });
  await until("the page", () => loads > 0);
  if ((await evaluate("document.documentElement.lang")) !== language) throw new Error("it is in another language");
  await picture("before", 1200);
  await picture("before-phone", 390);

  await click("domains", "example.net", WORDS.publish);
  await click("domains", "example.net", WORDS.check);
  console.log("validated:", await until("validated", async () => (await text("domains", "example.net")).includes(WORDS.validated)));
  const current = `${item("orders", "new.example.net")}?.querySelector("[aria-current]")?.textContent`;
  console.log("and its order is issued:", await until("issued", async () => (await evaluate(current)) === WORDS.issued));
  await click("requests", "api.example.com", WORDS.approve);
  const approved = `${item("orders", "api.example.com")}?.querySelector("[aria-current]")?.textContent`;
  console.log("approved, and issued:", await until("issued", async () => (await evaluate(approved)) === WORDS.issued));
  await click("orders", "api.example.com", WORDS.download, false);
  const pem = await until("the file", () => readdirSync(folder).find((name) => name.endsWith(".pem")));
  const certificates = readFileSync(join(folder, pem), "utf8").match(/BEGIN CERTIFICATE/g)?.length;
  console.log("downloaded:", pem, certificates, "certificates");
  if (certificates !== 2) throw new Error("not a certificate and its intermediate");
  await picture("after", 1200);
  await picture("after-phone", 390);
} finally {
  chromium.kill();
}
