import type { ScalarValue } from './scalar.ts';

/** A card as read: values with their place in the text, so that every issue can name line and column. */
export interface Position {
  readonly line: number;
  readonly column: number;
}

export interface SourceEntry extends Position {
  readonly node: SourceNode;
}

export interface SourceNode extends Position {
  /** Scalars only: the resolved value, and the text as written. */
  readonly value?: ScalarValue;
  readonly text?: string;
  readonly entries?: ReadonlyMap<string, SourceEntry>;
  readonly items?: readonly SourceNode[];
  /** Scalars, maps and lists below and including this one, aliases counted each time they are used. */
  readonly size: number;
}

export type PathKey = string | number;

export type PlainValue = ScalarValue | PlainValue[] | { [key: string]: PlainValue };

/** Plain JSON-like value of a node. Shared nodes (aliases) become shared values. */
export function toPlain(node: SourceNode): PlainValue {
  if (node.items) return node.items.map(toPlain);
  if (!node.entries) return node.value ?? null;
  return Object.fromEntries([...node.entries].map(([key, entry]) => [key, toPlain(entry.node)]));
}

/** The node at a path, or undefined. */
export function nodeAt(root: SourceNode, path: readonly PathKey[]): SourceNode | undefined {
  let node: SourceNode | undefined = root;
  for (const key of path) {
    node = typeof key === 'number' ? node?.items?.[key] : node?.entries?.get(key)?.node;
    if (!node) return undefined;
  }
  return node;
}

/**
 * Where to point for a problem at `path`: the key of the last step for a map entry, the item for a
 * list, and the nearest existing ancestor where the path leads nowhere (a missing key).
 */
export function locate(root: SourceNode, path: readonly PathKey[]): Position {
  let node = root;
  let position: Position = root;
  for (const key of path) {
    const entry = typeof key === 'string' ? node.entries?.get(key) : undefined;
    const next = typeof key === 'number' ? node.items?.[key] : entry?.node;
    if (!next) break;
    position = entry ?? next;
    node = next;
  }
  return { line: position.line, column: position.column };
}

/** `tf_configs.exec.feature_specs[0].params`, as messages show a path. */
export function pathText(path: readonly PathKey[]): string {
  let text = '';
  for (const key of path) {
    if (typeof key === 'number') text += `[${key}]`;
    else text += text === '' ? key : `.${key}`;
  }
  return text;
}
