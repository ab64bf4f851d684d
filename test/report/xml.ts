/** A small strict XML reader: enough to prove that what is written is well-formed, and to look inside. */
export interface Element {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
  readonly text: string;
}

const TOKEN = /<\?xml[^?]*\?>|<(\/?)([A-Za-z][\w.-]*)((?:\s+[\w.-]+="[^"<]*")*)\s*(\/?)>|([^<]+)/y;

/** @throws Error where the text is not well-formed */
export function parseXml(xml: string): Element {
  const root = { name: "", attributes: {}, children: [] as Element[], text: "" };
  const open = [root];
  TOKEN.lastIndex = 0;
  while (TOKEN.lastIndex < xml.length) {
    const at = TOKEN.lastIndex;
    const match = TOKEN.exec(xml);
    const parent = open.at(-1);
    if (!match || !parent) throw new Error(`expected markup or text at ${at}, got ${JSON.stringify(xml.slice(at, at + 40))}`);
    const [, closing, name, attributes, empty, text] = match;
    if (text !== undefined) {
      if (text.includes("]]>")) throw new Error(`expected no "]]>" in text at ${at}`);
      parent.text += decode(text);
    } else if (closing) {
      if (parent.name !== name) throw new Error(`expected </${parent.name}> at ${at}, got </${name}>`);
      open.pop();
    } else if (name !== undefined) {
      const element = { name, attributes: attributesOf(attributes ?? ""), children: [] as Element[], text: "" };
      parent.children.push(element);
      if (!empty) open.push(element);
    }
  }
  const [only, ...more] = root.children;
  if (open.length !== 1 || !only || more.length > 0) throw new Error("expected one closed root element");
  return only;
}

function attributesOf(text: string): Readonly<Record<string, string>> {
  const pairs = [...text.matchAll(/([\w.-]+)="([^"]*)"/g)].map(([, key = "", value = ""]) => [key, decode(value)] as const);
  if (new Set(pairs.map(([key]) => key)).size !== pairs.length) throw new Error(`expected each attribute once, got ${text}`);
  return Object.fromEntries(pairs);
}

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

function decode(text: string): string {
  return text.replace(/&([^;]*;?)/g, (whole, body: string) => {
    const character = body.endsWith(";") ? ENTITIES[body.slice(0, -1)] : undefined;
    if (character === undefined) throw new Error(`expected an entity, got ${whole.slice(0, 10)}`);
    return character;
  });
}
