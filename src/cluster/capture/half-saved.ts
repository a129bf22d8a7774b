import type { Failure } from '../../core/failure.ts';

/** Above it a parse would hold the loop; the owner parses such a file in a process of its own. */
const PARSED_MOST = 1024 * 1024;

/**
 * Whether a JSON file looks cut off: no other format's parser would surely notice. `wasJson`: it was JSON when it
 * was captured last, whatever its name says.
 */
export function isCutOff(path: string, bytes: Uint8Array, wasJson: boolean): Failure | undefined {
  if (bytes.length > PARSED_MOST || !(wasJson || path.endsWith('.json'))) return undefined;
  try {
    JSON.parse(new TextDecoder().decode(bytes));
    return undefined;
  } catch {
    return {
      failure: 'syntax',
      message: `${path} is no JSON: it may be half-saved`,
      at: { file: path },
      hint: 'it is looked at once more before anybody is told',
    };
  }
}
