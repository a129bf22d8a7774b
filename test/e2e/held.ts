import type { NodePair } from '../support/pair.ts';

/** One held change as `status --json` gives it. */
export interface HeldChange {
  readonly failure: string;
  readonly message: string;
  readonly id: string;
  readonly path: string;
  readonly approvable: boolean;
  readonly hint: string;
}

export async function heldNow(pair: NodePair): Promise<HeldChange[]> {
  const { stdout } = await pair.warmspare('status', '--json');
  return JSON.parse(stdout).relationships.flatMap((each: { held: HeldChange[] }) => each.held);
}

/** The only held change; anything else is an error of the test. */
export async function theHeld(pair: NodePair): Promise<HeldChange> {
  const held = await heldNow(pair);
  if (held.length !== 1) throw new Error(`held: ${JSON.stringify(held)}`);
  return held[0]!;
}
