// Drives the board in Chromium: sign-in, live rows, keyboard, a hidden tab, acts, hostile texts and pages, axe.
//
// Run by hand, beside a bot that was started with OPERATOR_SECRETS and BOARD_SHOWS_TEXTS=true and without an app id:
//
//   cd "$(mktemp -d)" && npm install playwright-core axe-core
//   node <repository>/tests/e2e/board_in_browser.mjs http://localhost:3978 <secret> /usr/bin/chromium

import { readFileSync } from "node:fs";
import { createRequire } from "node:module";

const require = createRequire(`${process.cwd()}/`);
const { chromium } = require("playwright-core");
const axe = readFileSync(require.resolve("axe-core/axe.min.js"), "utf8");

const [, , base, secret, executablePath = "/usr/bin/chromium"] = process.argv;
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
const HOSTILE = `"><script>alert(1)</script><img src=x onerror=alert(2)>`;
const PATIENCE = { timeout: 5_000 };

let failed = 0;
function check(name, good) {
  if (!good) failed += 1;
  console.log(good ? "ok  " : "FAIL", name);
}

async function post(path, body) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(base + path, { method: "POST", headers, body: JSON.stringify(body) });
  return answer.json();
}
const create = async (title) => String((await post("/api/jobs", { title })).jobId);
const report = (job, kind, said = {}) => post(`/api/jobs/${job}/report/${kind}`, said);

const browser = await chromium.launch({ executablePath, args: ["--no-sandbox"] });

async function signedIn(options = {}) {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(`${base}/board`);
  await page.getByLabel("Your name").fill("Ann");
  await page.getByLabel("Secret").fill(secret);
  await page.keyboard.press("Enter");
  await page.getByRole("heading", { name: "Are people being told?" }).waitFor(PATIENCE);
  return page;
}
const live = (page) => page.locator("#live", { hasText: "Live" }).waitFor(PATIENCE);
const row = (page, job, text) =>
  page.locator(`tr[data-key="${job}"]`, { hasText: text }).waitFor(PATIENCE).then(() => true, () => false);
const focused = (page) => page.evaluate(() => document.activeElement.textContent);
const hide = (page, hidden) =>
  page.evaluate((value) => {
    Object.defineProperty(document, "hidden", { value, configurable: true });
    document.dispatchEvent(new Event("visibilitychange"));
  }, hidden);

const old = await create(HOSTILE);

// Sign-in.
const stranger = await (await browser.newContext()).newPage();
await stranger.goto(`${base}/board/jobs`);
check("a stranger is led to the sign-in", stranger.url().includes("/board/sign-in?next="));
await stranger.getByLabel("Your name").fill("Eve");
await stranger.getByLabel("Secret").fill("wrong");
await stranger.keyboard.press("Enter");
await stranger.getByRole("alert").waitFor(PATIENCE);
check("a wrong secret is said", true);

// Live rows.
const page = await signedIn();
let dialogs = 0;
page.on("dialog", (dialog) => { dialogs += 1; dialog.dismiss(); });
await page.goto(`${base}/board/jobs`);
await live(page);
await page.locator("tbody a", { hasText: old }).focus();
const fresh = await create("new");
check("a new job comes", await row(page, fresh, "queued"));
check("and comes first", (await page.locator("tbody tr").first().getAttribute("data-key")) >= fresh);
check("and the keyboard stays where it was", (await focused(page)) === old);
await report(old, "failed", { message: HOSTILE, logTail: HOSTILE });
check("a row changes in place", await row(page, old, "failed"));
check("and the keyboard stays where it was", (await focused(page)) === old);

// A hidden tab.
await hide(page, true);
check("a hidden tab pauses", (await page.locator("#live").innerText()) === "Paused");
const missed = await create("missed");
await page.waitForTimeout(2_500);
check("and gets nothing", (await page.locator(`tr[data-key="${missed}"]`).count()) === 0);
await hide(page, false);
check("and resumes with what it missed", await row(page, missed, "queued"));

// One job.
await page.goto(`${base}/board/jobs/${fresh}`);
await live(page);
await report(fresh, "succeeded");
await page.locator("h1", { hasText: "succeeded" }).waitFor(PATIENCE);
check("the page of a job follows it", true);
await page.goto(`${base}/board/jobs/${missed}`);
await page.getByRole("button", { name: "Ask to cancel it" }).click();
await page.waitForURL("**did=cancel");
check("a form acts", (await page.locator("main").innerText()).includes("Ann asked that it be cancelled"));
await page.goto(`${base}/board/jobs/${old}`);
check("hostile texts are text", (await page.locator("pre").innerText()).includes("<script>alert(1)</script>"));
check("and nothing of them runs", dialogs === 0);

// A page of another site, in the same browser.
const evil = await page.context().newPage();
const form = `<form method="post" action="${base}/board/jobs/${fresh}/cancel"><button>go</button></form>`;
const body = `<iframe src="${base}/board"></iframe>${form}`;
await evil.route("http://evil.example/", (route) => route.fulfill({ contentType: "text/html", body }));
await evil.goto("http://evil.example/");
await evil.waitForTimeout(500);
check("another site cannot frame it", evil.frames().slice(1).every((each) => each.url().startsWith("chrome-error")));
const answered = evil.waitForResponse("**/cancel");
await evil.getByRole("button").click();
check("nor send its forms", [303, 403].includes((await answered).status()));

// Each page, light, dark and narrow: findings of axe, errors on the console, no sideways scrolling.
const PAGES = ["", "/jobs", `/jobs/${old}`, "/waiting", "/dead", "/dead/confirm?act=requeue", "/parked", "/muted", "/webhooks",
  "/runs", "/audit"];
for (const [name, options] of Object.entries({
  light: { colorScheme: "light" },
  dark: { colorScheme: "dark" },
  narrow: { viewport: { width: 360, height: 740 }, isMobile: true, hasTouch: true },
})) {
  const visitor = await signedIn({ ...options, bypassCSP: true }); // axe is put into the page.
  const errors = [];
  visitor.on("console", (message) => { if (message.type() === "error") errors.push(message.text()); });
  for (const path of PAGES) {
    await visitor.goto(`${base}/board${path}`);
    await visitor.evaluate(axe);
    const { violations } = await visitor.evaluate((runOnly) => axe.run(document, { runOnly }), RULES);
    const wide = await visitor.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    const found = violations.map((each) => each.id).join(", ");
    check(`/board${path} ${name}: axe ${found || "finds nothing"}`, !violations.length && !wide);
  }
  check(`${name}: no errors on the console`, !errors.length);
}

// Time to first paint, with nothing in the browser's cache.
for (const path of ["", "/jobs", `/jobs/${old}`, "/waiting", "/dead"]) {
  const times = [];
  for (let round = 0; round < 5; round += 1) {
    const context = await browser.newContext();
    await context.addCookies(await page.context().cookies());
    const visitor = await context.newPage();
    await visitor.goto(`${base}/board${path}`);
    await visitor.waitForTimeout(300);
    times.push(await visitor.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime));
    await context.close();
  }
  console.log(`first paint of /board${path}: ${times.sort((a, b) => a - b)[2].toFixed(0)} ms`);
}

await browser.close();
process.exitCode = failed ? 1 : 0;
