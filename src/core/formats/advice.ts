import type { FormatName } from '../document.ts';
import type { Failure } from '../failure.ts';

/** A failure of a parser with what the administrator can do next, where it does not say so itself. */
export function adviseOn(failure: Failure, format: FormatName): Failure {
  if (failure.hint !== undefined) return failure;
  const hint = hintFor(failure, format);
  return hint === undefined ? failure : { ...failure, hint };
}

function hintFor({ failure }: Failure, format: FormatName): string | undefined {
  switch (failure) {
    case 'syntax':
      return `Mend the file: it is replicated as soon as it can be read. It is read as ${format}; \`format:\` under \`files:\` names another format`;
    case 'duplicate-key':
      return 'Remove one of the two: programs differ in which of them they take';
    case 'forbidden-key':
      return 'Rename or remove the key: to many programs it is no setting, but a way into them';
    case 'too-deep':
      return TOO_DEEP_HINT;
    case 'alias-bomb':
      return ALIAS_HINT;
    default:
      return undefined;
  }
}

export const TOO_DEEP_HINT =
  'Look for a bracket that is not closed, or exclude it: it is hardly a configuration file';
export const ALIAS_HINT =
  'Write out what the aliases repeat, or exclude it: it is hardly a configuration file';
