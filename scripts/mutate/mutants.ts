/**
 * The small changes to a source file that its tests should notice: one operator, condition, constant, statement or call at a time. TypeScript and
 * AssemblyScript alike: types are left alone, and what is changed may no longer type-check, which neither vitest nor asc's kernels mind.
 */
import { parseAst } from "vitest/node";

export interface Mutant {
  readonly file: string;
  /** UTF-16 range that is replaced. */
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
  /** Line, counted from 1, and what it is before and after, without indentation and line ends. */
  readonly line: number;
  readonly before: string;
  readonly after: string;
  /** Innermost function it lies in, by its number in the file; null at module level. */
  readonly within: number | null;
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly replacement: string;
}

const OPERATORS: Readonly<Record<string, string>> = {
  ...{ "<": "<=", "<=": "<", ">": ">=", ">=": ">", "===": "!==", "!==": "===", "==": "!=", "!=": "==" },
  ...{ "+": "-", "-": "+", "*": "/", "/": "*", "%": "*", "**": "*", "&": "|", "|": "&", "^": "&", "<<": ">>", ">>": "<<", ">>>": "<<" },
  ...{ "&&": "||", "||": "&&", "+=": "-=", "-=": "+=", "*=": "/=", "/=": "*=", "&=": "|=", "|=": "&=", "++": "--", "--": "++" },
};

/** Methods and functions that stand for each other's opposite, by the last part of their name. */
const OPPOSITES: Readonly<Record<string, string>> = {
  ...pairs(
    "min max",
    "floor ceil",
    "some every",
    "startsWith endsWith",
    "find findLast",
    "indexOf lastIndexOf",
    "push unshift",
    "pop shift",
  ),
  ...pairs("pmin pmax", "min_s max_s", "add sub", "lt le", "gt ge", "lt_s le_s", "gt_s ge_s", "eq ne", "and or", "mul div", "shl shr_s"),
  ...{ round: "floor", trunc: "ceil", nearest: "floor", shr_u: "shl", flatMap: "map", toSorted: "toReversed" },
};
/** Calls that are left out, so that what they work on remains: `list.sort(by)` to `list`, `abs(x)` to `x`. */
const LEFT_OUT = new Set([
  "filter",
  "slice",
  "sort",
  "reverse",
  "toSorted",
  "toReversed",
  "trim",
  "toLowerCase",
  "concat",
  "abs",
  "sqrt",
  "sign",
  "neg",
]);
const GLOBALS = new Set(["min", "max", "abs", "floor", "ceil", "round", "nearest", "sqrt"]);
/** Parts of a node that are types, and nodes that are nothing else. */
const TYPE_KEYS = new Set(["typeAnnotation", "typeArguments", "typeParameters", "returnType", "superTypeArguments", "implements"]);
const TYPED_EXPRESSIONS = new Set(["TSAsExpression", "TSSatisfiesExpression", "TSNonNullExpression", "TSInstantiationExpression"]);
const REMOVED = new Set(["ExpressionStatement", "ContinueStatement", "BreakStatement", "ThrowStatement"]);
const FUNCTIONS = new Set(["FunctionDeclaration", "FunctionExpression", "ArrowFunctionExpression"]);

/** @returns in the order of the text */
export function mutantsOf(file: string, text: string): readonly Mutant[] {
  const found: Mutant[] = [];
  visit(parse(text), (node, within) => {
    for (const { start, end, replacement } of editsOf(node, text)) {
      const [from, to] = [text.lastIndexOf("\n", start - 1) + 1, lineEnd(text, end)];
      const show = (line: string): string => line.trim().replaceAll(/\s*\n\s*/g, " ");
      found.push({
        ...{ file, start, end, replacement, line: text.slice(0, start).split("\n").length, within },
        before: show(text.slice(from, to)),
        after: show(text.slice(from, start) + replacement + text.slice(end, to)),
      });
    }
  });
  return found.sort((a, b) => a.start - b.start || a.end - b.end || (a.replacement < b.replacement ? -1 : 1));
}

export function mutated(text: string, { start, end, replacement }: Edit): string {
  return text.slice(0, start) + replacement + text.slice(end);
}

/** The same program, in which every function first says `globalThis.__reached?.("file#number")`; numbers as in `Mutant.within`. */
export function withProbes(file: string, text: string): string {
  const inserts: { readonly at: number; readonly text: string; readonly order: number }[] = [];
  let functions = 0;
  visit(parse(text), (node) => {
    if (!FUNCTIONS.has(node.type)) return;
    const probe = `globalThis.__reached?.(${JSON.stringify(`${file}#${functions}`)})`;
    functions++;
    const body = node["body"];
    if (!isNode(body)) return;
    if (body.type === "BlockStatement") inserts.push({ at: body.start + 1, text: `${probe};`, order: 1 });
    // Of functions that end together the inner one, met later, is closed first.
    else inserts.push({ at: body.start, text: `(${probe}, `, order: 1 }, { at: body.end, text: ")", order: -functions });
  });
  inserts.sort((a, b) => b.at - a.at || b.order - a.order);
  return inserts.reduce((now, { at, text: more }) => now.slice(0, at) + more + now.slice(at), text);
}

function editsOf(node: Node, text: string): readonly Edit[] {
  const whole = (replacement: string): Edit => ({ start: node.start, end: node.end, replacement });
  const source = (of: unknown): string => (isNode(of) ? text.slice(of.start, of.end) : "");
  const operator = String(node["operator"]);
  switch (node.type) {
    case "BinaryExpression":
    case "AssignmentExpression":
    case "LogicalExpression": {
      const [left, right] = [node["left"], node["right"]];
      if (!isNode(left) || !isNode(right)) return [];
      if (operator === "??") return isDefault(node) ? [] : [whole(source(right))];
      const other = OPERATORS[operator];
      if (other === undefined || (operator.startsWith("+") && [left, right].some(isText))) return [];
      const start = text.indexOf(operator, left.end);
      return [{ start, end: start + operator.length, replacement: other }];
    }
    case "UnaryExpression":
      return operator === "-" || operator === "!" || operator === "~" ? [whole(source(node["argument"]))] : [];
    case "UpdateExpression": {
      const start = node["prefix"] === true ? node.start : node.end - 2;
      return [{ start, end: start + 2, replacement: OPERATORS[operator] ?? operator }];
    }
    case "IfStatement":
    case "ConditionalExpression":
    case "WhileStatement":
      return isNode(node["test"]) ? negations(node["test"], text) : [];
    case "Literal":
      return literals(node, text).map(whole);
    case "CallExpression":
      return calls(node, text);
    default:
      return REMOVED.has(node.type) && !isDirective(node) ? [whole(";")] : [];
  }
}

/** A comparison or a negation has its opposite already. */
function negations({ type, start, end, operator }: Node, text: string): readonly Edit[] {
  if (type === "UnaryExpression" || (type === "BinaryExpression" && /^[!=]/.test(String(operator)))) return [];
  return [{ start, end, replacement: `!(${text.slice(start, end)})` }];
}

function literals({ value, start, end }: Node, text: string): readonly string[] {
  const raw = text.slice(start, end);
  if (typeof value === "boolean") return [String(!value)];
  if (typeof value === "bigint") return [`${value + 1n}n`];
  if (typeof value !== "number") return [];
  return [/[.eE]/.test(raw) && !/^0x/i.test(raw) ? String(value === 0 ? 1 : 1.5 * value) : String(value + 1)];
}

function calls(node: Node, text: string): readonly Edit[] {
  const callee = node["callee"];
  const [first] = Array.isArray(node["arguments"]) ? node["arguments"].filter(isNode) : [];
  if (!isNode(callee)) return [];
  const name = callee.type === "MemberExpression" ? callee["property"] : callee;
  if (!isNode(name) || typeof name["name"] !== "string") return [];
  // What is called by itself is AssemblyScript's own, or a function of the file that only bears such a name.
  if (name === callee && !GLOBALS.has(name["name"])) return [];
  const other = OPPOSITES[name["name"]];
  const edits = other === undefined ? [] : [{ start: name.start, end: name.end, replacement: other }];
  if (!LEFT_OUT.has(name["name"])) return edits;
  // A method's receiver remains, but a function of a namespace (Math.abs, f32x4.abs) leaves its argument.
  const object = callee.type === "MemberExpression" ? callee["object"] : null;
  const isNamespace = isNode(object) && object.type === "Identifier" && /^(Mathf?|[fiv]\d+(x\d+)?)$/.test(String(object["name"]));
  const rest = isNode(object) && !isNamespace ? object : first;
  return rest ? [...edits, { start: node.start, end: node.end, replacement: text.slice(rest.start, rest.end) }] : edits;
}

/** Whether it only gives the compiler a default, as in `list[i] ?? 0`. */
function isDefault({ operator, right }: Node): boolean {
  return operator === "??" && isNode(right) && isPlain(right);
}

function isPlain(node: Node): boolean {
  if (node.type === "UnaryExpression") return isNode(node["argument"]) && isPlain(node["argument"]);
  if (node.type === "MemberExpression") return isNode(node["object"]) && node["object"]["name"] === "Number";
  if (node.type === "ArrayExpression" || node.type === "ObjectExpression") return node.end - node.start === 2;
  return node.type === "Literal" || (node.type === "Identifier" && node["name"] === "undefined");
}

function isText(node: Node): boolean {
  return node.type === "TemplateLiteral" || (node.type === "Literal" && typeof node["value"] === "string");
}

function isDirective(node: Node): boolean {
  return typeof node["directive"] === "string";
}

function parse(text: string): Node {
  return parseAst(text, { lang: "ts" }) as unknown as Node;
}

/** Every node that is no type and no size of reserved memory, outer ones first, with the number of the function around it. */
function visit(root: Node, of: (node: Node, within: number | null) => void): void {
  let functions = 0;
  const walk = (node: Node, within: number | null): void => {
    if (node.type === "ImportDeclaration" || node.type === "TSEnumDeclaration") return;
    if (node.type.startsWith("TS") && !TYPED_EXPRESSIONS.has(node.type)) return;
    if (node.type === "CallExpression" && isReservation(node)) return;
    of(node, within);
    const inside = FUNCTIONS.has(node.type) ? functions++ : within;
    for (const [key, value] of Object.entries(node)) {
      if (TYPE_KEYS.has(key) || (key === "right" && isDefault(node))) continue;
      for (const child of [value].flat()) if (isNode(child)) walk(child, inside);
    }
  };
  walk(root, null);
}

/** `memory.data(…)`: another size is another layout, not another answer. */
function isReservation({ callee }: Node): boolean {
  return (
    isNode(callee) &&
    isNode(callee["object"]) &&
    callee["object"]["name"] === "memory" &&
    isNode(callee["property"]) &&
    callee["property"]["name"] === "data"
  );
}

function isNode(value: unknown): value is Node {
  return typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";
}

function lineEnd(text: string, from: number): number {
  const at = text.indexOf("\n", from);
  return at < 0 ? text.length : at;
}

function pairs(...of: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    of.flatMap((pair) => {
      const [a = "", b = ""] = pair.split(" ");
      return [
        [a, b],
        [b, a],
      ];
    }),
  );
}
