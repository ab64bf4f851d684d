/** What plumbline itself has written, told by what is in the file: only that is replaced without being asked to. */
import { createHash } from "node:crypto";
import * as fs from "node:fs";
import { InputError } from "../errors.ts";
import { sealInside } from "./embedded-seal.ts";

/** What is to be written. `copy`: a recording with its seal inside. */
export type Written = "report" | "cost" | "proof" | "seal" | "copy" | "rig" | "drive" | "truth";

interface Glance {
  readonly path: string;
  /** Latin-1; both are the whole text of a small file. */
  readonly head: string;
  readonly tail: string;
}

/** At both ends. A file of this size or less is seen whole; a rig may be as large. */
const ENDS = 1 << 20;

const MCAP = "\x89MCAP0\r\n";
const VERDICT =
  /(?:^|\n)(?:FAIL|INTERRUPTED|PASS|NOTHING CHECKED) {2}.*; \d+ passed, \d+ failed, \d+ not run, \d+ not observable(?:; .*)?\n$/;
const HEADER = /^.+ {2}.+, \d+ streams?, \d+ frames?(?:, \d+ attachments?)?(?:, \d+ metadata records?)?\n/;

/** A seal is evidence and a copy holds one: they are never ours to replace. */
const IS_OURS: Readonly<Record<Written, (file: Glance) => boolean>> = {
  report: ({ head, tail }) =>
    (HEADER.test(head) && VERDICT.test(tail)) ||
    /^(?:\[\s*)?\{\s*"schema": ?"plumbline\.report\/1"/.test(head) ||
    /^\[\]\n?$/.test(head) ||
    head.startsWith('{"type":"recording","index":0,"schema":"plumbline.report/1"') ||
    /^\{\s*"\$schema": ?"[^"]*sarif[^"]*",\s*"version": ?"2\.1\.0",\s*"runs": ?\[\s*\{\s*"tool": ?\{\s*"driver": ?\{\s*"name": ?"Plumbline"/.test(
      head,
    ) ||
    /^<\?xml [^>]*>\n<testsuites name="plumbline" /.test(head),
  cost: ({ head }) => /^(?:\[\s*)?\{\s*"recording": ?"(?:[^"\\]|\\.)*",\s*"wallMs": /.test(head) || /^(?:null|\[\])\n?$/.test(head),
  proof: ({ head }) =>
    /^\{\s*"schema": ?"plumbline\.proof\/[12]"/.test(head) || /^holds {6}frame \d+ of .*\nleaf {7}[0-9a-f]+\n/.test(head),
  seal: () => false,
  copy: () => false,
  rig: ({ head }) => isAsLearnt(head),
  drive: ({ path, head, tail }) => head.startsWith(MCAP) && DRIVE.test(head) && tail.endsWith(MCAP) && !isSealed(path),
  truth: ({ head }) => /^\{\s*"schema": ?"plumbline\.truth\/1"/.test(head),
};

/** Behind magic, opcode and length the MCAP's profile and library, each with its length. */
const DRIVE = /^.{21}ros2.{4}plumbline simulate/s;

/** Whether the file is one that a run which writes `kind` has written, or holds nothing. */
export function isOurs(path: string, kind: Written): boolean {
  const file = glance(path);
  return file !== null && (file.head === "" || IS_OURS[kind](file));
}

export function isSeal(path: string): boolean {
  return /^.{1,5}plumbline\.seal/s.test(glance(path, 64)?.head ?? "");
}

/** The rig with a line that tells whether a person has changed it since. */
export function asLearnt(rig: string): string {
  return `${rig}# As learnt (${digestOf(Buffer.from(rig))}): a later "rig learn" replaces this file only while nobody has changed it.\n`;
}

function isAsLearnt(latin1: string): boolean {
  const [, rig = "", digest] = /^(.*\n)# As learnt \(([0-9a-f]{16})\)[^\n]*\n$/s.exec(latin1) ?? [];
  return digest !== undefined && digest === digestOf(Buffer.from(rig, "latin1"));
}

function digestOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex").slice(0, 16);
}

function isSealed(path: string): boolean {
  try {
    return sealInside(path) !== null;
  } catch (error) {
    if (error instanceof InputError) return true;
    throw error;
  }
}

/** Null when it cannot be read. */
function glance(path: string, most = ENDS): Glance | null {
  let file: number | null = null;
  try {
    file = fs.openSync(path, "r");
    const { size } = fs.fstatSync(file);
    const at = (position: number): string => {
      const bytes = Buffer.alloc(Math.min(most, size));
      return bytes.toString("latin1", 0, fs.readSync(file ?? -1, bytes, 0, bytes.length, position));
    };
    return { path, head: at(0), tail: at(Math.max(0, size - most)) };
  } catch {
    return null;
  } finally {
    if (file !== null) fs.closeSync(file);
  }
}
