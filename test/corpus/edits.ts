/** The administrators' edits of every corpus set, and the successive texts that they make. */
import type { Edit } from './edit.ts';
import { blockEdits } from './edits-block.ts';
import { jsonEdits } from './edits-json.ts';
import { otherEdits } from './edits-other.ts';
import { yamlEdits } from './edits-yaml.ts';
import type { CorpusSet } from './sets.ts';

const ALL: Readonly<Record<string, readonly Edit[]>> = {
  ...blockEdits,
  ...jsonEdits,
  ...otherEdits,
  ...yamlEdits,
};

export function editsOf(set: Pick<CorpusSet, 'name'>): readonly Edit[] {
  return ALL[set.name] ?? [];
}

export const setsWithEdits = (): string[] => Object.keys(ALL);

/** The texts one after the other: each edit on the result of the one before, if its anchor is still there. */
export function editRuns(set: Pick<CorpusSet, 'name' | 'text'>): { name: string; text: string }[] {
  const runs: { name: string; text: string }[] = [];
  let text = set.text;
  for (const { name, apply } of editsOf(set)) {
    const next = apply(text);
    if (next === undefined || next === text) continue;
    text = next;
    runs.push({ name, text });
  }
  return runs;
}
