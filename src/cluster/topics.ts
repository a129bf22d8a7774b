import { word } from './engine.ts';

/** Somebody needs a full revision of this relationship, or asks whether all of it was told. */
export function wantTopic(relationship: string): string {
  return `want.${word(relationship)}`;
}

/** The member beside the primary says that it is there. */
export function seenTopic(relationship: string): string {
  return `seen.${word(relationship)}`;
}
