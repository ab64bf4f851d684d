/** What the structure test knows of each file of src/: its imports, its module-level variables, the globals it names. */
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, sep } from "node:path";
import { fileURLToPath } from "node:url";
import { parseAst } from "vitest/node";

/** The project's folder. */
export const ROOT = fileURLToPath(new URL("../../", import.meta.url));

export interface Import {
  /** A file of the project relative to its folder ("src/types.ts"), or the bare specifier ("node:fs"). */
  readonly target: string;
  /** Erased by the compiler. */
  readonly typeOnly: boolean;
  /** `import()`: resolved when it is reached, so it makes no cycle. */
  readonly dynamic: boolean;
}

export interface Module {
  /** Relative to the project's folder, with `/`. */
  readonly path: string;
  readonly imports: readonly Import[];
  /** Names declared with `let` or `var` at module level. */
  readonly variables: readonly string[];
  /** Names exported by this file itself. */
  readonly exports: readonly string[];
  /** Calls of a method with a spread list as arguments (`list.push(...more)`), as written: too long a list has no room on the stack. */
  readonly spreads: readonly string[];
  /** Identifiers that are read as free variables somewhere, and bound nowhere in the file. */
  readonly globals: ReadonlySet<string>;
}

/** All .ts files below `folder` (relative to the project's), sorted. */
export function listFiles(folder: string): readonly string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(".ts"))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).split(sep).join("/"))
    .sort();
}

export function readModule(path: string): Module {
  const text = readFileSync(join(ROOT, path), "utf8");
  const tree = parseAst(text, { lang: "ts" }) as unknown as Node;
  const spreads: string[] = [];
  const imports: Import[] = [];
  const variables: string[] = [];
  const exports: string[] = [];
  const bound = new Set<string>();
  const read = new Set<string>();

  for (const statement of children(tree)) {
    const declaration =
      statement.type === "ExportNamedDeclaration" && isNode(statement["declaration"]) ? statement["declaration"] : statement;
    const names = declaredNames(declaration);
    if (declaration !== statement) exports.push(...names);
    if (declaration.type === "VariableDeclaration" && declaration["kind"] !== "const") variables.push(...names);
  }
  walk(tree, null, (node, parent) => {
    const source = isNode(node["source"]) ? node["source"]["value"] : undefined;
    if (typeof source === "string" && node.type !== "TSImportType") {
      imports.push({ target: resolve(path, source), typeOnly: isTypeOnly(node), dynamic: node.type === "ImportExpression" });
    }
    if (isSpreadCall(node)) spreads.push(text.slice(Number(node["start"]), Number(node["end"])).replace(/\s+/g, " "));
    const params = Array.isArray(node["params"]) ? node["params"] : [];
    for (const pattern of [node["id"], node["local"], node["param"], ...params]) for (const name of boundNames(pattern)) bound.add(name);
    if (node.type === "Identifier" && typeof node["name"] === "string" && !(parent && isPropertyName(node, parent))) read.add(node["name"]);
  });
  return { path, imports, variables, exports, spreads, globals: new Set([...read].filter((name) => !bound.has(name))) };
}

interface Node {
  readonly type: string;
  readonly [key: string]: unknown;
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function children(node: Node): readonly Node[] {
  return Object.values(node).flat().filter(isNode);
}

function walk(node: Node, parent: Node | null, visit: (node: Node, parent: Node | null) => void): void {
  visit(node, parent);
  for (const child of children(node)) walk(child, node, visit);
}

function resolve(from: string, specifier: string): string {
  if (!specifier.startsWith(".")) return specifier;
  return join(dirname(from), specifier).split(sep).join("/");
}

/** Methods that are given lists of any length. */
const LISTED = new Set(["push", "unshift", "splice", "concat", "max", "min", "hypot", "fromCharCode"]);

function isSpreadCall(node: Node): boolean {
  const { type, callee, arguments: given } = node;
  if (type !== "CallExpression" || !isNode(callee) || !isNode(callee["property"]) || !Array.isArray(given)) return false;
  const isSpread = given.some((one) => isNode(one) && one.type === "SpreadElement");
  return isSpread && LISTED.has(String(callee["property"]["name"]));
}

/** `import type`, `export type`, or a list in which every name is a type. */
function isTypeOnly(node: Node): boolean {
  if (node["importKind"] === "type" || node["exportKind"] === "type") return true;
  const specifiers = Array.isArray(node["specifiers"]) ? node["specifiers"].filter(isNode) : [];
  return specifiers.length > 0 && specifiers.every((one) => one["importKind"] === "type" || one["exportKind"] === "type");
}

function declaredNames(declaration: Node): readonly string[] {
  const owners = declaration.type === "VariableDeclaration" ? children(declaration) : [declaration];
  return owners.flatMap((owner) => boundNames(owner["id"]));
}

/** The names a declaration, a parameter or a pattern introduces. Scopes are not told apart. */
function boundNames(pattern: unknown): readonly string[] {
  if (!isNode(pattern)) return [];
  if (pattern.type === "Identifier") return typeof pattern["name"] === "string" ? [pattern["name"]] : [];
  if (pattern.type === "AssignmentPattern") return boundNames(pattern["left"]);
  if (pattern.type === "RestElement") return boundNames(pattern["argument"]);
  if (pattern.type === "Property") return boundNames(pattern["value"]);
  const parts = pattern["properties"] ?? pattern["elements"];
  return Array.isArray(parts) ? parts.flatMap(boundNames) : [];
}

function isPropertyName(node: Node, parent: Node): boolean {
  if (parent.type === "MemberExpression") return parent["property"] === node && parent["computed"] !== true;
  if (parent.type === "TSQualifiedName") return parent["right"] === node;
  return "key" in parent && parent["key"] === node && parent["computed"] !== true && parent["shorthand"] !== true;
}
