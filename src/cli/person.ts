import { userInfo } from 'node:os';
import type { Host } from './host.ts';

/** Who gave this command, for the history: the person behind sudo rather than root. */
export function personOf({ machine }: Host): string {
  const { SUDO_USER: person = '' } = machine.env;
  return person === '' ? userInfo().username : person;
}
