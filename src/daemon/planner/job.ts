import type { FileInput, FileRules } from '../../core/apply/file-input.ts';

/** One file of a backup, as both sides were read. */
export interface PlanJob {
  readonly input: FileInput;
  /** `fileRules(opened, path, baseline)`; they name the relationship and bring its mapping. */
  readonly rules: FileRules;
}

/** Names a file of a relationship, for what is remembered about it. */
export function keyOf({ input, rules }: PlanJob): string {
  return JSON.stringify([rules.relationship, input.path]);
}
