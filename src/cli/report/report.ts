import type { Failure } from '../../core/failure.ts';
import type { Exit } from '../exit.ts';

/** Where a command says what it found. A command speaks both ways; the report keeps one. */
export interface Report {
  /** Text for people, on stdout as it is. Secrets in it are the caller's to mask. */
  print(text: string): void;
  /** A field of the JSON object. */
  set(key: string, value: unknown): void;
  /** Failures; secrets in them are masked. `severity` is 'error' when absent. */
  fail(failures: Failure | readonly Failure[], severity?: 'error' | 'warning' | 'held'): void;
  /** Further keys whose values are secret, from the configuration. */
  hide(secrets: readonly RegExp[]): void;
  /** To be called once, with what the command ends with. */
  end(exit: Exit): void;
  /** Whether text for people may have colour. */
  readonly colour: boolean;
}
