import { hashJson } from '../hash.ts';
import type { IdeaCard } from './schema.ts';

/** Hash of a card in normal form: defaults written out or not, key order and comments make no difference. */
export function cardHash(card: IdeaCard): string {
  return hashJson(card);
}
