/** The same bits in another engine: Firefox, with nothing but the core, gives Node's report byte for byte. */
import type { IncomingMessage, ServerResponse } from "node:http";
import { fileURLToPath } from "node:url";
import { type Browser, launch, type Page } from "puppeteer-core";
import { createServer, type ViteDevServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { findFirefox } from "../scripts/setup/browsers.mjs";
import { checkOnNode, readRecording } from "./browser/commands.ts";
import { bits } from "./browser/on-page.ts";
import { SHARED } from "./shared-data.ts";

const firefox = findFirefox();
const root = fileURLToPath(new URL("../", import.meta.url));

function sendRecording(request: IncomingMessage, answer: ServerResponse): void {
  readRecording(undefined, decodeURIComponent(request.url?.slice(1) ?? "")).then(
    (files) => answer.end(JSON.stringify(files)),
    (error: unknown) => answer.writeHead(500).end(String(error)),
  );
}

describe.skipIf(firefox === null)("Firefox", () => {
  let server: ViteDevServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await createServer({
      root,
      configFile: false,
      logLevel: "error",
      server: { port: 0, hmr: false, watch: null },
      plugins: [{ name: "recordings", configureServer: ({ middlewares }) => void middlewares.use("/recording", sendRecording) }],
    });
    await server.listen();
    browser = await launch({ browser: "firefox", executablePath: firefox ?? "", headless: true, protocolTimeout: 600_000 });
    page = await browser.newPage();
    // Any page of the server: what is needed is imported there.
    await page.goto(new URL("LICENSE", server.resolvedUrls?.local[0]).href);
  }, 300_000);

  afterAll(async () => {
    await browser?.close();
    await server?.close();
  });

  /** A string: what a test runner makes of `import` means nothing there. */
  const onPage = (call: string): Promise<unknown> => page.evaluate(`import("/test/browser/on-page.ts").then((page) => page.${call})`);

  test.for([
    "sample.mcap",
    "drive.mcap",
    "1-mcap/recorded/wbag_0.mcap",
    "1-rosbag1/example-bz2.bag",
    "2-lidar/las",
    "2-lidar/kitti-raw-2011_09_26",
    "6-sync/evo-trajectories",
    "2-lidar/av2/7fab2350",
  ])("%s: Node's JSON byte for byte", { timeout: 600_000 }, async (name, { skip }) => {
    if (name.includes("/") && SHARED === null) skip("../shared/data is absent");
    const report = await onPage(`reportOf("/recording/${encodeURIComponent(name)}")`);
    expect(JSON.parse(String(report)).recording.streams.length).toBeGreaterThan(0);
    expect(report).toBe(await checkOnNode(undefined, name));
  });

  test("the elementary functions, to the bit", { timeout: 300_000 }, async () => {
    expect(await onPage("bits()")).toEqual(bits());
  });
});
