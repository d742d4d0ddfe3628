import {
  isAlias,
  isMap,
  isScalar,
  isSeq,
  Lexer,
  LineCounter,
  parseDocument,
  type Alias,
  type Document,
  type Node,
  type Scalar,
  type YAMLMap,
} from 'yaml';
import {
  CARD_ALIASES_MAX,
  CARD_BYTES_MAX,
  CARD_DEPTH_MAX,
  CARD_NODES_MAX,
  CARD_TOKENS_MAX,
} from '../limits.ts';
import { shown, type FoundIssue } from './issues.ts';
import { resolveScalar, type Dialect, type ScalarValue } from './scalar.ts';
import type { Position, SourceEntry, SourceNode } from './source.ts';

/**
 * YAML text → source tree. Bounded in bytes, depth, aliases and expanded size before anything walks
 * it, so that no text can cost more than a fraction of a second.
 */
export interface YamlResult {
  readonly root: SourceNode | undefined;
  readonly issues: readonly (FoundIssue & Partial<Position>)[];
  readonly warnings: readonly (FoundIssue & Partial<Position>)[];
}

/** The dialect of the value below a top-level key. */
export type DialectOf = (topLevelKey: string) => Dialect;

export function readYaml(text: string, dialectOf: DialectOf): YamlResult {
  const refusal = refuseText(text);
  if (refusal) return { root: undefined, issues: [refusal], warnings: [] };
  const lines = new LineCounter();
  let document: Document.Parsed | Document;
  try {
    document = parseDocument(text, {
      schema: 'failsafe',
      uniqueKeys: false,
      prettyErrors: false,
      lineCounter: lines,
      logLevel: 'error',
    });
  } catch (error) {
    // The composer recurses; depth that the scan above cannot see (indentation) ends here.
    if (error instanceof RangeError) return { root: undefined, issues: [tooDeep()], warnings: [] };
    throw error;
  }
  if (document.errors.length > 0) {
    const issues = document.errors.slice(0, 20).map((error) => {
      const { line, col } = lines.linePos(error.pos[0]);
      return { ...issue('YAML_SYNTAX', firstLine(error.message)), line, column: col };
    });
    return { root: undefined, issues, warnings: [] };
  }
  const reader = new TreeReader(document, lines);
  const root = reader.readRoot(dialectOf);
  return { root, issues: reader.issues, warnings: reader.warnings };
}

/** Bytes of a card file as text. @returns undefined when they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (error) {
    // The decoder's only failure is a byte that is not UTF-8.
    if (error instanceof TypeError) return undefined;
    throw error;
  }
}

// --- internal ---

type PlacedIssue = FoundIssue & Partial<Position>;

function issue(code: string, message: string, hint?: string): FoundIssue {
  return { path: [], code, message, hint };
}

function tooDeep(): FoundIssue {
  return issue('YAML_TOO_DEEP', `The card is nested deeper than ${CARD_DEPTH_MAX} levels.`);
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? message;
}

function refuseText(text: string): FoundIssue | undefined {
  if (text.length > CARD_BYTES_MAX) {
    return issue('CARD_TOO_LARGE', `The card is larger than ${CARD_BYTES_MAX} bytes.`);
  }
  if (!text.isWellFormed() || CONTROL.test(text)) {
    return issue(
      'NOT_TEXT',
      'The card holds characters that YAML does not allow (is it UTF-8 text?).',
    );
  }
  return scanTokens(text);
}

/** What opens a level on its own line; within brackets they open none. */
const BLOCK_STARTS = ['-', '?', ':'];

/**
 * Counts what a parser pays for before it parses: tokens, flow depth, and `- - -` on one line (both
 * are free to nest, unlike indentation).
 */
function scanTokens(text: string): FoundIssue | undefined {
  let tokens = 0;
  let flowDepth = 0;
  let lineDepth = 0;
  for (const token of new Lexer().lex(text)) {
    tokens += 1;
    if (token === '[' || token === '{') flowDepth += 1;
    else if (token === ']' || token === '}') flowDepth = Math.max(0, flowDepth - 1);
    else if (BLOCK_STARTS.includes(token) && flowDepth === 0) lineDepth += 1;
    else if (token === '\n' || token === '\r\n') lineDepth = 0;
    if (tokens > CARD_TOKENS_MAX) {
      return issue('CARD_TOO_LARGE', `The card has more than ${CARD_TOKENS_MAX} YAML tokens.`);
    }
    if (flowDepth > CARD_DEPTH_MAX || lineDepth > CARD_DEPTH_MAX) {
      return tooDeep();
    }
  }
  return undefined;
}

class TreeReader {
  readonly issues: PlacedIssue[] = [];
  readonly warnings: PlacedIssue[] = [];
  readonly #document: Document;
  readonly #lines: LineCounter;
  readonly #done: Record<Dialect, Map<Node, SourceNode>> = { pyyaml: new Map(), core: new Map() };
  readonly #open = new Set<Node>();
  #aliasCount = 0;

  constructor(document: Document, lines: LineCounter) {
    this.#document = document;
    this.#lines = lines;
  }

  readRoot(dialectOf: DialectOf): SourceNode | undefined {
    const contents = this.#document.contents;
    if (!contents || !isMap(contents)) {
      const what =
        contents === null || (isScalar(contents) && contents.value === '')
          ? 'is empty'
          : 'is not a map';
      this.issues.push(issue('NOT_A_CARD', `The card ${what}; a card is a YAML map with an id.`));
      return undefined;
    }
    const root = this.#readMap(contents, 'pyyaml', dialectOf);
    if (root.size > CARD_NODES_MAX) {
      this.issues.push(
        issue(
          'YAML_TOO_LARGE',
          `The card holds more than ${CARD_NODES_MAX} values, aliases expanded.`,
        ),
      );
      return undefined;
    }
    return root;
  }

  #read(node: Node | null, dialect: Dialect, at: Position): SourceNode {
    if (node === null) return { ...at, value: null, text: '', size: 1 };
    const known = this.#done[dialect].get(node);
    if (known) return known;
    if (this.#open.has(node) || this.#open.size > CARD_DEPTH_MAX) {
      const cause = this.#open.has(node)
        ? 'An alias refers to the value it stands in.'
        : tooDeep().message;
      this.issues.push({ ...issue('YAML_TOO_DEEP', cause), ...this.#place(node) });
      return { ...at, value: null, text: '', size: 1 };
    }
    this.#open.add(node);
    const result = this.#readOpen(node, dialect);
    this.#open.delete(node);
    this.#done[dialect].set(node, result);
    return result;
  }

  #readOpen(node: Node, dialect: Dialect): SourceNode {
    if (isAlias(node)) return this.#readAlias(node, dialect);
    this.#checkTag(node);
    if (isMap(node)) return this.#readMap(node, dialect);
    if (isSeq(node)) {
      const place = this.#place(node);
      const items = node.items.map((item) => this.#read(item as Node, dialect, place));
      return { ...place, items, size: sumSizes(items) };
    }
    const scalar = node;
    const text = typeof scalar.value === 'string' ? scalar.value : '';
    return { ...this.#place(node), value: this.#scalarValue(scalar, text, dialect), text, size: 1 };
  }

  #readAlias(alias: Alias, dialect: Dialect): SourceNode {
    const place = this.#place(alias);
    this.#aliasCount += 1;
    if (this.#aliasCount > CARD_ALIASES_MAX) {
      if (this.#aliasCount === CARD_ALIASES_MAX + 1) {
        this.issues.push({
          ...issue('YAML_ALIASES', `More than ${CARD_ALIASES_MAX} aliases.`),
          ...place,
        });
      }
      return { ...place, value: null, text: '', size: 1 };
    }
    const target = alias.resolve(this.#document);
    if (!target) {
      this.issues.push({
        ...issue('YAML_SYNTAX', `Alias *${alias.source} has no anchor before it.`),
        ...place,
      });
      return { ...place, value: null, text: '', size: 1 };
    }
    return this.#read(target, dialect, place);
  }

  #readMap(map: YAMLMap, dialect: Dialect, dialectOf?: DialectOf): SourceNode {
    const place = this.#place(map);
    const entries = new Map<string, SourceEntry>();
    const merged = new Map<string, SourceEntry>();
    for (const pair of map.items) {
      const keyNode = pair.key as Node | null;
      const at = keyNode ? this.#place(keyNode) : place;
      const key = this.#keyText(keyNode, dialect, at);
      if (key === undefined) continue;
      const isMerge = key === '<<' && isScalar(keyNode) && keyNode.type === 'PLAIN';
      const node = this.#read(pair.value as Node | null, dialectOf?.(key) ?? dialect, at);
      if (isMerge) this.#merge(merged, node);
      else this.#setEntry(entries, key, { ...at, node });
    }
    for (const [key, entry] of merged) if (!entries.has(key)) entries.set(key, entry);
    return { ...place, entries, size: sumSizes([...entries.values()].map((entry) => entry.node)) };
  }

  #setEntry(entries: Map<string, SourceEntry>, key: string, entry: SourceEntry): void {
    const earlier = entries.get(key);
    if (earlier) {
      this.warnings.push({
        ...issue(
          'DUPLICATE_KEY',
          `The key ${shown(key)} stands twice; this one, the last, counts.`,
        ),
        line: entry.line,
        column: entry.column,
        hint: `remove the one in line ${earlier.line}`,
      });
    }
    entries.set(key, entry);
  }

  /** YAML 1.1 merge: earlier maps of a list win over later ones, own keys win over all. */
  #merge(merged: Map<string, SourceEntry>, node: SourceNode): void {
    for (const source of node.items ?? [node]) {
      if (!source.entries) {
        this.issues.push({
          ...issue('YAML_SYNTAX', 'A merge key (<<) needs a map or a list of maps.'),
          line: source.line,
          column: source.column,
        });
        continue;
      }
      for (const [key, entry] of source.entries) if (!merged.has(key)) merged.set(key, entry);
    }
  }

  #keyText(key: Node | null, dialect: Dialect, at: Position): string | undefined {
    const node = this.#read(key, dialect, at);
    if (node.items || node.entries || node.text === '__proto__') {
      this.issues.push({ ...issue('INVALID_KEY', 'A map key must be a plain name.'), ...at });
      return undefined;
    }
    // `on:` is the boolean true as a key too, and so no longer the name `on`.
    return typeof node.value === 'boolean' ? String(node.value) : (node.text ?? '');
  }

  #scalarValue(scalar: Scalar, text: string, dialect: Dialect): ScalarValue {
    if (scalar.tag === undefined)
      return scalar.type === 'PLAIN' ? resolveScalar(text, dialect) : text;
    return scalar.tag === 'tag:yaml.org,2002:str' || scalar.tag === '!'
      ? text
      : resolveScalar(text, dialect);
  }

  #checkTag(node: Node): void {
    const tag = 'tag' in node ? node.tag : undefined;
    if (tag === undefined || tag === '!' || KNOWN_TAGS.has(tag)) return;
    const message = `The tag ${shown(tag)} is not allowed; cards hold plain values.`;
    this.issues.push({ ...issue('YAML_TAG', message), ...this.#place(node) });
  }

  #place(node: Node): Position {
    const { line, col } = this.#lines.linePos(node.range?.[0] ?? 0);
    return { line, column: col };
  }
}

/** What PyYAML's reader refuses too. */
// oxlint-disable-next-line no-control-regex -- control characters are what it looks for
const CONTROL = /[\0-\x08\v\f\x0e-\x1f\x7f\uFFFE\uFFFF]/;

const KNOWN_TAGS = new Set(
  ['str', 'int', 'float', 'bool', 'null', 'map', 'seq'].map((name) => `tag:yaml.org,2002:${name}`),
);

function sumSizes(nodes: readonly SourceNode[]): number {
  return nodes.reduce((sum, node) => sum + node.size, 1);
}
