/** Ed25519 signatures of seals, by WebCrypto: the same in Node and browsers. Keys are PEM, as openssl writes them (RFC 8410). */
import { ConfigError } from "../errors.ts";
import { type SealBytes, signed } from "./format.ts";
import { type Seal, signedBytes } from "./seal.ts";

const NAME = "Ed25519";
const KEY_BYTES = 32;
/** What stands before the 32 bytes of a public key in its DER encoding. */
const PUBLIC_HEAD = Uint8Array.of(0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00);

/**
 * Reads a private key (PKCS #8).
 *
 * @returns signs a seal
 * @throws ConfigError when it is none
 */
export async function signer(pem: string): Promise<(made: SealBytes) => Promise<SealBytes>> {
  const der = derOf(pem, "PRIVATE KEY");
  const key = der && (await attempt(() => subtle().importKey("pkcs8", der, NAME, true, ["sign"])));
  if (!key) throw new ConfigError("expected an Ed25519 private key in PEM, got something else");
  const { x = "" } = await subtle().exportKey("jwk", key);
  const publicKey = fromBase64(x.replaceAll("-", "+").replaceAll("_", "/")) ?? new Uint8Array(0);
  return async (made) => signed(made, { publicKey, signature: new Uint8Array(await subtle().sign(NAME, key, signedBytes(made.seal))) });
}

/** What a signature is of, and what it vouches for. */
export type Signed = Pick<Seal, "schema" | "algorithm" | "root" | "check" | "signature">;

/**
 * The signature a seal or a proof carries, and that it is by `expected` where one is asked for. It then vouches for the frames: not with
 * leaves that other frames can be made to have.
 *
 * @param expected a public key in PEM
 * @throws ConfigError
 */
export async function checkSignature(about: Signed, expected: string | undefined): Promise<void> {
  const { signature, algorithm } = about;
  if (signature) {
    const fits = await attempt(async () => {
      const key = await subtle().importKey("raw", Uint8Array.from(signature.publicKey), NAME, false, ["verify"]);
      return subtle().verify(NAME, key, Uint8Array.from(signature.signature), signedBytes(about));
    });
    if (!fits) throw new ConfigError("the signature does not fit");
  }
  if (expected === undefined) return;
  const der = derOf(expected, "PUBLIC KEY");
  const raw = der?.subarray(PUBLIC_HEAD.length);
  if (raw?.length !== KEY_BYTES || !PUBLIC_HEAD.every((byte, i) => der?.[i] === byte)) {
    throw new ConfigError("expected an Ed25519 public key in PEM, got something else");
  }
  if (!signature) throw new ConfigError("not signed: expected a signature");
  if (!raw.every((byte, i) => byte === signature.publicKey[i])) throw new ConfigError("signed with another key");
  if (algorithm !== "blake3") {
    throw new ConfigError(
      `signed, but frames with the same ${algorithm} leaf can be made: expected BLAKE3 leaves, as --sign makes them now`,
    );
  }
}

/** The bytes between the lines that begin and end a `label`; null when there are no such lines, or no such bytes. */
function derOf(pem: string, label: string): Uint8Array<ArrayBuffer> | null {
  const [, text] = new RegExp(`-----BEGIN ${label}-----([A-Za-z0-9+/=\\s]*)-----END ${label}-----`).exec(pem) ?? [];
  return text === undefined ? null : fromBase64(text.replace(/\s/g, ""));
}

function fromBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (c) => c.charCodeAt(0));
  } catch {
    return null;
  }
}

/** @throws ConfigError where there is none: pages have it from https and localhost only */
function subtle(): SubtleCrypto {
  const { subtle } = globalThis.crypto as { readonly subtle?: SubtleCrypto };
  if (!subtle) throw new ConfigError("expected a page from https, where signatures can be made and checked");
  return subtle;
}

/** Null where WebCrypto refuses. @throws ConfigError where it knows no Ed25519 */
async function attempt<T>(call: () => Promise<T>): Promise<T | null> {
  try {
    return await call();
  } catch (error) {
    if (error instanceof ConfigError) throw error;
    if (error instanceof Error && error.name === "NotSupportedError") throw new ConfigError("expected a browser that knows Ed25519");
    return null;
  }
}
